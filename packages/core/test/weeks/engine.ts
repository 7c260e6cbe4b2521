/** The only place where the weeks touch the engine: how it is opened over a state in memory, and what is asked of it. */
import { createHash } from "node:crypto";
import type { Context, Login } from "@rotate/plugin-kit";
import { knownCadence, learnCadence } from "../../src/engine/cadence.ts";
import type { EngineParts } from "../../src/engine/open-engine.ts";
import { presentOf } from "../../src/engine/quick-look.ts";
import { revokeByHand } from "../../src/engine/revoke.ts";
import { tick } from "../../src/engine/run.ts";
import { statusOf } from "../../src/engine/status.ts";
import type { OnEvent } from "../../src/events.ts";
import { exitCodeOfRun, exitCodeOfStatus } from "../../src/exit-code.ts";
import { createEntries } from "../../src/rotation/entries.ts";
import { createLogins } from "../../src/rotation/login.ts";
import { callPart, timeLimits } from "../../src/rotation/invoke.ts";
import { createReloadGate } from "../../src/rotation/reload-gate.ts";
import { createReloadGroups } from "../../src/rotation/reload-groups.ts";
import type { CredentialMemory, RotationDeps } from "../../src/rotation/session.ts";
import type { Runtime } from "@rotate/runtime";
import { createRotationClock } from "../../src/schedule/clock.ts";
import { noCron } from "../../src/schedule/cron.ts";
import type { ProviderEntry, Spec } from "../../src/loading/model.ts";
import type { Host } from "../../src/store/host.ts";
import { createMemoryStore, type MemoryStore } from "../../src/store/memory-store.ts";
import { watch } from "../../src/watch/watch.ts";

/** Where the engine lives: outlives its processes. */
export interface Site {
  readonly store: MemoryStore;
  /** All processes are gone: their locks are free. */
  readonly breakLocks: () => void;
}

export function createSite(): Site {
  const store = createMemoryStore();
  return { store: { ...store, recordAttempt: async () => undefined }, breakLocks: store.breakLocks };
}

/** What a process is started with. */
export interface Start {
  readonly site: Site;
  readonly spec: Spec;
  readonly runtime: Runtime;
  readonly host: Host;
}

/** What `status` and `status --check` say of a rotation. */
export interface View {
  readonly name: string;
  readonly state: string;
  readonly code: string;
  readonly exit: number;
  /** ms since 1970 by the machine's wall clock; undefined: never, or nobody can tell. */
  readonly until: number | undefined;
  readonly next: number | undefined;
  /** Undefined: the status does not tell it. */
  readonly alarm: string | undefined;
}

/** What a run ended in. */
export interface Ran {
  readonly exit: number;
  readonly outcomes: readonly string[];
}

const fingerprints = new Map<string, string>();

/** As good as the keyed one here, and remembered. */
function fingerprint(text: string): string {
  const known = fingerprints.get(text);
  if (known !== undefined) return known;
  const made = createHash("sha256").update(text).digest("hex").slice(0, 32);
  if (fingerprints.size > 20_000) fingerprints.clear();
  fingerprints.set(text, made);
  return made;
}

function createMemory(): CredentialMemory {
  const known = new Map<string, ReturnType<CredentialMemory["get"]>>();
  return {
    get: (lease) => known.get(lease),
    keep: (lease, fields) => void known.set(lease, fields),
    drop: (lease) => void known.delete(lease),
  };
}

function callLogin(runtime: Runtime, provider: ProviderEntry, call: (ctx: Context) => Promise<Login>): Promise<Login> {
  return callPart({ runtime, bound: { ...provider, kind: "provider" } }, { timeout: timeLimits.login }, call);
}

async function depsOf(
  { site, runtime, host }: Omit<Start, "spec">,
  onEvent: OnEvent = () => undefined,
): Promise<RotationDeps> {
  const { store } = site;
  const sources = { now: runtime.now, uptime: host.uptime, bootId: host.bootId };
  const clock = createRotationClock(sources, await store.clockNote());
  return {
    store,
    runtime,
    clock,
    entries: createEntries(),
    fingerprint,
    nextCron: noCron,
    logins: createLogins({ runtime, clock, call: (provider, call) => callLogin(runtime, provider, call) }),
    memory: createMemory(),
    gate: createReloadGate({ sleep: runtime.sleep }),
    groups: createReloadGroups(),
    onEvent,
  };
}

/** `rotate run`. `every`: told by the user. */
export async function run(start: Start, { every }: { readonly every: number | undefined }): Promise<Ran> {
  const deps = await depsOf(start);
  await deps.store.noteClock(deps.clock.note());
  const cadence = every ?? (await learnCadence(deps.store, deps.runtime.now()));
  const { rotations } = await tick(start.spec.rotations, deps, {
    force: false,
    cadence,
    retryFor: 120_000,
    lockTimeout: 30_000,
    concurrency: 16,
    signal: new AbortController().signal,
  });
  return { exit: exitCodeOfRun(rotations), outcomes: rotations.map(({ outcome }) => outcome) };
}

/** `rotate status --check`, rotation by rotation. */
export async function status(start: Start, names?: readonly string[]): Promise<readonly View[]> {
  const deps = await depsOf(start);
  const { store } = deps;
  const asked = start.spec.rotations.filter(({ name }) => names === undefined || names.includes(name));
  const cadence = await knownCadence(store, deps.runtime.now());
  return Promise.all(
    asked.map(async (rotation) => {
      const state = await store.load(rotation.name);
      const lock = await store.tryLock(rotation.name);
      lock?.release();
      const busy = (state.attempt ?? state.owed) !== undefined && lock === undefined;
      const { moment, standing } = await presentOf({ rotation, deps }, { cadence, busy });
      const told = statusOf(moment, standing, deps.clock);
      return {
        name: rotation.name,
        state: told.state,
        code: told.code,
        exit: exitCodeOfStatus([told]),
        until: told.expiresAt === undefined ? undefined : Date.parse(told.expiresAt),
        next: told.nextAt === undefined ? undefined : Date.parse(told.nextAt),
        alarm: told.alarm ?? "",
      };
    }),
  );
}

/** `rotate revoke NAME`. */
export async function revoke(start: Start, name: string): Promise<void> {
  await revokeByHand(name, { spec: start.spec, deps: await depsOf(start) }, {});
}

/** `rotate watch`, until the signal. `edited` is given a function to call when the spec has changed. */
export function keepWatching(
  start: Start,
  on: {
    readonly signal: AbortSignal;
    readonly load: () => Spec;
    readonly edited: (changed: () => void) => void;
    /** "": all is well again. */
    readonly alarm: (rotation: string, alarm: string) => void;
  },
): Promise<void> {
  const onEvent: OnEvent = (event) => {
    if (event.type === "alarm" && event.alarm !== "skew")
      on.alarm(event.rotation, event.alarm === "recovered" ? "" : event.alarm);
  };
  const open = async (): Promise<EngineParts> => ({
    deps: await depsOf(start, onEvent),
    directory: "/nowhere",
    close: async () => undefined,
  });
  return watch({
    spec: start.spec,
    load: async () => ({ spec: on.load() }),
    runtime: start.runtime,
    host: start.host,
    onEvent,
    signal: on.signal,
    listen({ changed }) {
      on.edited(changed);
      return () => undefined;
    },
    open,
  });
}
