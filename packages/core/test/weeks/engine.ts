/** The only place where the weeks touch the engine: how it is opened over a state in memory, and what is asked of it. */
import { createHash } from "node:crypto";
import type { Runtime } from "@rotate/runtime";
import type { Backend } from "../../src/backend/backend.ts";
import type { HostNotes, RunNotes } from "../../src/backend/host-notes.ts";
import { openEngine, type Engine } from "../../src/engine/engine.ts";
import type { EngineEvent } from "../../src/events.ts";
import { exitCodeOfRun, exitCodeOfStatus } from "../../src/exit-code.ts";
import type { Spec } from "../../src/loading/model.ts";
import { metricsOf } from "../../src/metrics/families.ts";
import type { RotationStatus } from "../../src/report.ts";
import type { Machine } from "../../src/local/machine.ts";
import { createRotationClock, type ClockNote } from "../../src/schedule/clock.ts";
import { lookAfterRun } from "../../src/lookout/after-run.ts";
import { openDaemon } from "../../src/watch/daemon.ts";
import { lookoutService } from "../../src/watch/lookout-service.ts";
import { createMemoryState, openMemoryBackend, type MemoryState } from "../backend/memory.ts";

// What the engine loads when it needs it is loaded before: virtual time would run on while a file is read.
await Promise.all([
  import("../../src/engine/mints.ts"),
  import("../../src/engine/work.ts"),
  import("../../src/lookout/look-out.ts"),
]);

/** Where the engine lives: outlives its processes. */
export interface Site {
  readonly state: MemoryState;
  readonly notes: Pick<HostNotes, "runNotes" | "noteRuns" | "clockNote" | "noteClock">;
  /** All processes are gone: their locks are free. */
  readonly breakLocks: () => void;
}

export function createSite(): Site {
  const state = createMemoryState();
  let runs: RunNotes = { at: [] };
  let clock: ClockNote | undefined;
  return {
    // Nobody asks for the history of a week.
    state: { ...state, append: (rotation, written) => state.append(rotation, { ...written, attempts: [] }) },
    notes: {
      runNotes: async () => runs,
      noteRuns: async (noted) => void (runs = noted),
      clockNote: async () => clock,
      noteClock: async (note) => void (clock = note),
    },
    breakLocks: state.breakLocks,
  };
}

/** What a process is started with. */
export interface Start {
  readonly site: Site;
  readonly spec: Spec;
  readonly runtime: Runtime;
  readonly machine: Machine;
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
  readonly alarm: string;
  /** So many leases are listed as living upstream, and of so many of them nobody knows whether they do. */
  readonly listed: number;
  readonly unknown: number;
  /** The same as the metrics have it: the state whose series is 1, and whether it is ready. */
  readonly measured: { readonly state: string | undefined; readonly isReady: boolean };
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

const key = Buffer.alloc(32);

async function backendOf({ site, runtime, machine }: Omit<Start, "spec">): Promise<Backend> {
  const sources = { now: runtime.now, uptime: machine.uptime, bootId: machine.bootId };
  const clock = createRotationClock(sources, await site.notes.clockNote?.());
  return { ...openMemoryBackend(site.state, { clock, runtime }, key), fingerprint, host: site.notes };
}

async function engineOf(start: Start): Promise<Engine> {
  return openEngine({ spec: start.spec, runtime: start.runtime, backend: await backendOf(start) });
}

/** `rotate run`. `every`: told by the user. */
export async function run(start: Start, { every }: { readonly every: number | undefined }): Promise<Ran> {
  const engine = await engineOf(start);
  const report = await engine.run(every === undefined ? {} : { every });
  await lookAfterRun(engine);
  return { exit: exitCodeOfRun(report), outcomes: report.rotations.map(({ outcome }) => outcome) };
}

/** `rotate status --check`, rotation by rotation. */
export async function status(start: Start, names: readonly string[] = []): Promise<readonly View[]> {
  const { spec } = start;
  // Of the others nothing is asked: a spec of a thousand need not be opened for one.
  const asked = names.length === 0 ? spec.rotations : spec.rotations.filter(({ name }) => names.includes(name));
  const engine = await engineOf({ ...start, spec: { ...spec, rotations: asked } });
  const { rotations } = await engine.status({ names });
  return rotations.map(viewOf);
}

function viewOf(told: RotationStatus): View {
  return {
    name: told.name,
    state: told.state,
    code: told.code,
    exit: exitCodeOfStatus({ rotations: [told] }),
    until: told.expiresAt === undefined ? undefined : Date.parse(told.expiresAt),
    next: told.nextAt === undefined ? undefined : Date.parse(told.nextAt),
    alarm: told.alarm ?? "",
    listed: told.leases.length + (told.credential === undefined ? 0 : 1),
    unknown: told.leases.filter((lease) => lease.state === "unknown").length,
    measured: measuredOf(told),
  };
}

function measuredOf(told: RotationStatus): View["measured"] {
  const families = metricsOf([told]);
  const samples = (name: string) => families.find((one) => one.name === name)?.samples ?? [];
  return {
    state: samples("rotate_credential_state").find(({ value }) => value === 1)?.labels["state"],
    isReady: samples("rotate_credential_ready_status")[0]?.value === 1,
  };
}

/** `rotate revoke NAME`. */
export async function revoke(start: Start, name: string): Promise<void> {
  const engine = await engineOf(start);
  await engine.revoke(name);
}

/** `rotate watch`, until the signal. `edited` is given a function to call when the spec has changed. */
export async function keepWatching(
  start: Start,
  on: {
    readonly signal: AbortSignal;
    readonly load: () => Spec;
    readonly edited: (changed: () => void) => void;
    /** "": all is well again. */
    readonly alarm: (rotation: string, alarm: string) => void;
    /** What the daemon's page and endpoints are made of. */
    readonly opened: (ask: (names: readonly string[]) => Promise<readonly View[]>) => void;
  },
): Promise<void> {
  function onEvent(event: EngineEvent): void {
    if (event.type === "alarm") on.alarm(event.rotation, event.alarm === "recovered" ? "" : event.alarm);
  }
  const { spec, runtime } = start;
  const engine = await openEngine({ spec, runtime, backend: await backendOf(start), onEvent });
  const daemon = await openDaemon(engine, {
    load: async () => ({ spec: on.load() }),
    services: [lookoutService(engine)],
  });
  on.edited(daemon.reload);
  on.opened(async (names) => (await daemon.status({ names })).rotations.map(viewOf));
  on.signal.addEventListener("abort", () => void daemon.stop());
  await daemon.ended;
}
