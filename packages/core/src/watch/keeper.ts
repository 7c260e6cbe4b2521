import type { Engine } from "../engine/engine.ts";
import { selectByName } from "../engine/select.ts";
import type { Spec } from "../loading/model.ts";
import { createAlarms } from "./alarms.ts";
import type { FollowedSpec } from "./files.ts";
import { createAllRounds } from "./all-rounds.ts";
import { createWarnings, longestSleep, type Rounds } from "./rounds.ts";
import { createErrands } from "./errands.ts";
import type { DaemonStatus, DaemonView } from "./services.ts";
import type { Troubles } from "./trouble.ts";
import type { Waker } from "./waker.ts";

/** The loop of a daemon, with what outlives a spec. */
export interface Keeper {
  /** Until the signal; then what has begun is finished. */
  readonly keep: () => Promise<void>;
  readonly state: () => Pick<DaemonStatus, "troubles" | "specProblem">;
  readonly ask: DaemonView["ask"];
  readonly sinceLook: DaemonView["sinceLook"];
}

/** What loading the spec gave: the spec, or what is wrong with it in one text. */
export type SpecResult = { readonly spec: Spec } | { readonly problem: string };

/** How the spec is read again, and which of its rotations are kept. */
export interface KeeperOptions {
  /** Reads the spec again. */
  readonly load: () => Promise<SpecResult>;
  /** Names or globs; none: all. */
  readonly names?: readonly string[];
  /** Rotations at once. Default 16. */
  readonly concurrency?: number;
  /** Called whenever all is looked at, and nothing is at work or will be within a second. */
  readonly atRest?: () => void;
}

interface KeeperParts {
  readonly engine: Engine;
  readonly options: KeeperOptions;
  readonly waker: Waker;
  readonly files: FollowedSpec;
  /** Of the daemon, its services included. */
  readonly troubles: Troubles;
  readonly signal: AbortSignal;
}

/** Who has nothing to do for so long is at rest. ms */
const rest = 1_000;

/** The loop of a daemon: look, work, sleep, until `signal` aborts. A spec that is not taken leaves the one before in place. */
export function createKeeper({ engine, options, waker, files, troubles, signal }: KeeperParts): Keeper {
  const { emit } = engine.events;
  const { runtime } = engine.parts().deps;
  const done = (): void => waker.wake("done");
  const kept = { alarms: createAlarms(emit), warnings: createWarnings(emit), troubles, signal, done };
  const errands = createErrands(signal);
  let rounds = roundsOf(engine.parts().spec);
  let specProblem: string | undefined;
  let lookedAt: number | undefined;

  function roundsOf(spec: Spec): Rounds {
    const rotations = selectByName(spec.rotations, options.names);
    const { concurrency = 16, names = [] } = options;
    return createAllRounds({ ...kept, parts: engine.parts(), rotations, isWhole: names.length === 0, concurrency });
  }

  /** ms to sleep. */
  async function turn(): Promise<number> {
    try {
      await rounds.startDue();
      const wait = rounds.untilNext();
      lookedAt = runtime.monotonic();
      troubles.over("loop");
      if (wait >= rest && !rounds.isWorking()) options.atRest?.();
      return Math.min(wait, longestSleep);
    } catch (error) {
      troubles.raise("loop", error);
      return troubles.pauseOf("loop");
    }
  }

  /** A spec that is bad, or that drops many rotations at once, does not replace the running one. */
  async function reread(confirmed: boolean): Promise<void> {
    try {
      specProblem = await take(confirmed);
    } catch (error) {
      specProblem = (error as Error).message;
    }
    if (specProblem !== undefined) return emit({ type: "spec-rejected", message: specProblem });
    emit({ type: "spec-reloaded", rotations: engine.parts().spec.rotations.length });
  }

  /** What is wrong with the spec as it is now; undefined when it was taken. */
  async function take(confirmed: boolean): Promise<string | undefined> {
    const loaded = await options.load();
    if ("problem" in loaded) return loaded.problem;
    const { spec } = loaded;
    // Before anything else: what is edited from now on is a change.
    await files.follow(spec);
    const refusal = confirmed ? undefined : refusalOf(engine.parts().spec, spec);
    if (refusal !== undefined) return refusal;
    selectByName(spec.rotations, options.names);
    await rounds.drain();
    await errands.between(() => engine.take(spec));
    rounds = roundsOf(spec);
    return undefined;
  }

  return {
    async keep() {
      while (!signal.aborted) {
        await waker.sleep(await turn(), runtime);
        const reasons = waker.reasons();
        if (reasons.has("sources")) rounds.reconsider();
        if (reasons.has("changed") || reasons.has("confirmed")) await reread(reasons.has("confirmed"));
      }
      await Promise.all([rounds.drain(), errands.between(async () => undefined)]);
    },
    ask: (question) =>
      errands
        .run(() => question(engine))
        .finally(() => {
          rounds.visited();
          waker.wake("done");
        }),
    sinceLook: () => (lookedAt === undefined ? undefined : runtime.monotonic() - lookedAt),
    state: () => ({ troubles: troubles.current(), ...(specProblem !== undefined && { specProblem }) }),
  };
}

/** More than a fifth of the rotations gone (at least 2) is more likely a mishap than an edit. */
function refusalOf(before: Spec, after: Spec): string | undefined {
  const names = new Set(after.rotations.flatMap(({ name, renamedFrom }) => [name, renamedFrom]));
  const removed = before.rotations.filter(({ name }) => !names.has(name));
  if (removed.length < 2 || removed.length * 5 <= before.rotations.length) return undefined;
  return `the spec drops ${removed.length} of ${before.rotations.length} rotations: send SIGHUP to accept it`;
}
