import { sleepOrWake } from "@rotate/runtime";
import { isStateError } from "../engine-error.ts";
import type { Engine } from "../engine/engine.ts";
import { mintsOf } from "../engine/mints.ts";
import type { EngineEvent } from "../events.ts";
import { lookOut } from "../lookout/look-out.ts";
import { isWatched } from "../lookout/watched.ts";
import { clockFacts, type ProcessFacts } from "../metrics/families.ts";
import type { MintsReport } from "../plan-report.ts";
import type { TroubleReport } from "../report.ts";
import { keptNotes } from "../lookout/kept-notes.ts";
import type { DaemonStatus, DaemonView, Service } from "./services.ts";

/** What is worse for ten seconds, or better for five minutes, is told. ms */
const settle = { worse: 10_000, better: 5 * 60_000 };
/** What ends with the process is told no longer than this. ms */
const lastLook = 5_000;
/** Things change that no event tells of: a rotation that is taken out of the spec by another process. ms */
const longestWait = 10 * 60_000;
const afterTrouble = 30_000;
/** What providers gave is counted this often. ms */
const countEvery = 15 * 60_000;

/** These may change what is told. */
const telling: ReadonlySet<EngineEvent["type"]> = new Set([
  "alarm",
  "standing-changed",
  "spec-reloaded",
  "trouble",
  "trouble-over",
]);

/** Tells receivers and monitors how the rotations of a daemon stand, beside its work: no rotation waits for any of them. */
export function lookoutService(engine: Engine, facts: Pick<ProcessFacts, "version"> = {}): Service {
  return {
    name: "lookout",
    async start(daemon) {
      const stopping = new AbortController();
      const wakers = new Set<() => void>();
      let isDue = false;
      const stopListening = daemon.events.on(({ type }) => {
        if (!telling.has(type)) return;
        isDue = true;
        for (const wake of wakers) wake();
      });
      const { runtime } = engine.parts().deps;

      async function sleep(milliseconds: number): Promise<void> {
        const woken = new AbortController();
        const wake = (): void => woken.abort("woken");
        wakers.add(wake);
        if (!isDue) await sleepOrWake(runtime, milliseconds, AbortSignal.any([woken.signal, stopping.signal]));
        isDue = false;
        wakers.delete(wake);
      }

      const look = createLook(engine, daemon, facts);
      async function keep(): Promise<void> {
        while (!stopping.signal.aborted) await sleep(await look(stopping.signal));
      }
      const kept = keep();
      return async () => {
        stopListening();
        stopping.abort();
        await kept;
        const last = runtime.deadline(lastLook);
        await look(last.signal, true);
        last.clear();
      };
    },
  };
}

/** One look; gives how long to wait for the next, ms. */
function createLook(
  engine: Engine,
  daemon: DaemonView,
  given: Pick<ProcessFacts, "version">,
): (signal: AbortSignal, isLast?: boolean) => Promise<number> {
  const { troubles } = daemon;
  const raised = new Set<string>();
  let mints: readonly MintsReport[] = [];
  let countedAt = -Infinity;

  const notes = keptNotes(engine.parts().deps.store);
  let known: DaemonStatus | undefined;

  /** While the state cannot be read, what was known last, and what keeps it from being read. */
  async function read(): Promise<DaemonStatus> {
    try {
      known = await daemon.status();
      return known;
    } catch (error) {
      if (known === undefined || !isStateError(error)) throw error;
      return { ...known, troubles: troubles.current() };
    }
  }

  async function look(signal: AbortSignal, isLast: boolean): Promise<number> {
    const { spec, deps } = engine.parts();
    if (!isWatched(spec)) return longestWait;
    const status = await read();
    if (status === known && deps.runtime.monotonic() - countedAt >= countEvery) {
      mints = await mintsOf({ spec, deps });
      countedAt = deps.runtime.monotonic();
    }
    const since = daemon.sinceLook();
    const lastTick = since === undefined ? undefined : daemon.now() - since;
    const facts = {
      ...given,
      specValid: status.specProblem === undefined,
      ...(lastTick !== undefined && { lastTick }),
      ...clockFacts(daemon.clockSkew()),
    };
    const about = {
      status,
      troubles: status.troubles.filter((one) => !raised.has(keyOf(one))),
      mints,
      settle,
      facts,
      isLast,
    };
    const { troubles: now, wait } = await lookOut({ spec, deps: { ...deps, store: notes } }, { ...about, signal });
    const codes = new Set(now.map(keyOf));
    for (const key of raised) if (!codes.has(key) && raised.delete(key)) troubles.over(key);
    for (const trouble of now) {
      const key = keyOf(trouble);
      raised.add(key);
      troubles.raise(key, trouble);
    }
    return Math.min(wait, longestWait);
  }

  return async (signal, isLast = false) => {
    try {
      const wait = await look(signal, isLast);
      troubles.over("lookout");
      return wait;
    } catch (error) {
      troubles.raise("lookout", error);
      return afterTrouble;
    }
  };
}

function keyOf({ code, message }: TroubleReport): string {
  return `${code} ${message}`;
}
