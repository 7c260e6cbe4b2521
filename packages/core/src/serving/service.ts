import { sleepOrWake } from "@rotate/runtime";
import type { Engine } from "../engine/engine.ts";
import { selectByName } from "../engine/select.ts";
import type { EndpointEntry, Rotation } from "../loading/model.ts";
import type { EndpointReport } from "../endpoint-report.ts";
import type { DaemonView, Service } from "../watch/services.ts";
import { createAnswers, type Answers } from "./answers.ts";
import { openFault } from "./open-fault.ts";
import { reportOf, type Placed } from "./report.ts";
import { createTurned } from "./turned.ts";

/** The endpoints of a daemon. */
export interface Serving extends Service {
  /** How they stand, in the order of the spec. */
  readonly report: () => readonly EndpointReport[];
}

/** What another process does is seen this often, and what could not be opened is tried again. ms */
const lookEvery = 15_000;

/** Opens what the spec says under `serve`, and follows it. One that cannot be opened is told of and tried again: no rotation waits for it. @param names of the rotations that are kept; none: all */
export function createServing(engine: Engine, names: readonly string[] = []): Serving {
  const placed = new Map<string, Placed>();
  return {
    name: "endpoints of the spec",
    report: () =>
      engine.parts().spec.serve.flatMap(({ name }) => {
        const one = placed.get(name);
        return one === undefined ? [] : [reportOf(one)];
      }),
    async start(daemon) {
      const keeping = keepServing({ engine, daemon, names, placed });
      await keeping.follow();
      return () => keeping.stop();
    },
  };
}

function keyOf(entry: string): string {
  return `serve ${entry}`;
}

interface Keeping {
  readonly engine: Engine;
  readonly daemon: DaemonView;
  readonly names: readonly string[];
  readonly placed: Map<string, Placed>;
}

function keepServing({ engine, daemon, names, placed }: Keeping) {
  const { runtime } = engine.parts().deps;
  const ending = new AbortController();
  const answers = new Map<string, Answers>();
  let turn: Promise<void> = Promise.resolve();

  function wanted(): readonly EndpointEntry[] {
    const { spec } = engine.parts();
    if (spec.serve.length === 0) return [];
    const chosen = new Set(selectByName(spec.rotations, names).map(({ name }) => name));
    return spec.serve.filter(({ rotations }) => rotations.some((name) => chosen.has(name)));
  }

  /** Before anything listens: from now on what is published is noted for those who will ask. */
  function offerAll(entries: readonly EndpointEntry[]): void {
    const { spec, deps } = engine.parts();
    const offered = new Set(entries.flatMap(({ rotations }) => rotations));
    deps.offers?.keepOnly(offered);
    for (const name of answers.keys()) if (!offered.has(name)) answers.delete(name);
    if (offered.size === 0) return;
    for (const rotation of spec.rotations) if (offered.has(rotation.name)) offerOne(rotation);
  }

  function offerOne({ name, served }: Rotation): void {
    const offer = served && engine.parts().deps.offers?.open(name, served);
    if (offer === undefined || answers.get(name)?.offer === offer) return;
    answers.set(name, createAnswers({ name, offer, engine, daemon, signal: ending.signal }));
  }

  async function close(name: string): Promise<void> {
    const one = placed.get(name);
    placed.delete(name);
    daemon.troubles.over(keyOf(name));
    await one?.open?.close();
  }

  async function place(entry: EndpointEntry): Promise<void> {
    const before = placed.get(entry.name);
    if (before?.open !== undefined && before.entry.id === entry.id) return;
    if (before !== undefined && before.entry.id !== entry.id) await close(entry.name);
    const turned = placed.get(entry.name)?.turned ?? createTurned(entry.where, runtime);
    const one = { entry, turned, answers };
    try {
      const { openEntry } = await import("./entry.ts");
      const { runtime: present } = engine.parts().deps;
      placed.set(entry.name, { ...one, open: await openEntry({ ...one, runtime: present }) });
      daemon.troubles.over(keyOf(entry.name));
    } catch (error) {
      const fault = openFault(entry, error, runtime.masker);
      placed.set(entry.name, { ...one, fault });
      daemon.troubles.raise(keyOf(entry.name), fault);
    }
  }

  async function reconcile(): Promise<void> {
    const entries = ending.signal.aborted ? [] : wanted();
    const gone = [...placed.keys()].filter((name) => !entries.some((entry) => entry.name === name));
    await Promise.all(gone.map(close));
    offerAll(entries);
    for (const entry of entries) await place(entry);
    // Nobody waits for an issuer: whoever asks meanwhile waits for the same mint.
    for (const { keep } of answers.values()) void keep();
  }

  /** One after the other: an address is free only once its last owner has gone. */
  function follow(): Promise<void> {
    turn = turn.then(reconcile).catch((error: unknown) => daemon.troubles.raise("serve", error));
    return turn;
  }

  const stopListening = daemon.events.on(({ type }) => void (type === "spec-reloaded" && follow()));
  async function look(): Promise<void> {
    while (!ending.signal.aborted) {
      await sleepOrWake(runtime, lookEvery, ending.signal);
      if (!ending.signal.aborted) await follow();
    }
  }
  const looking = look();
  return {
    follow,
    async stop() {
      ending.abort();
      stopListening();
      await looking;
      await follow();
    },
  };
}
