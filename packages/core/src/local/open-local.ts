import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Backend } from "../backend/backend.ts";
import { bundlesOf } from "../loading/bundles.ts";
import { carryOver } from "../backend/carry-over.ts";
import type { Claims } from "../backend/claim.ts";
import { EngineError } from "../engine-error.ts";
import type { Spec } from "../loading/model.ts";
import type { Runtime } from "@rotate/runtime";
import type { JournalRecord } from "../store/records.ts";
import type { Fingerprint, NamedKey } from "../store/fingerprint.ts";
import { liveLeases } from "../store/state.ts";
import { createRotationClock, type RotationClock } from "../schedule/clock.ts";
import { createClaims } from "./claims.ts";
import { openFingerprint, ownKeys, readFingerprint } from "./fingerprint-key.ts";
import { createHandoff } from "./handoff.ts";
import { createHelpers } from "./helpers.ts";
import { createLocks } from "./lock.ts";
import { cloneOf, identityOn, parseIdentity } from "./identity.ts";
import { readMachine, type Machine } from "./machine.ts";
import { otherStates, stateElsewhere } from "./other-states.ts";
import { createProcesses } from "./processes.ts";
import { createRunLog } from "./run-log.ts";
import { openSqliteState, type SqliteState } from "./sqlite.ts";
import { chooseStateDir, openStateDir, toldStateDir } from "./state-dir.ts";
import { createValueCache } from "./value-cache.ts";

/** Whose state is opened, where it is, and whether it is only looked at. */
export interface LocalOptions {
  readonly spec: Pick<Spec, "name" | "file" | "stateDir">;
  readonly runtime: Runtime;
  /** Overrides the spec's `stateDir`. Absolute. */
  readonly stateDir?: string;
  /** Only to look: also at a state that cannot be written, because its disk is full or read-only. */
  readonly reading?: boolean;
  /** Default: the one this process runs on. */
  readonly machine?: Machine;
  /** Default: by the clocks of the machine. */
  readonly clock?: RotationClock;
  /** Under keys of the caller's. It is given those that the state has of its own, if it was ever used without them. Default: under its own one, made on first use. */
  readonly fingerprintOf?: (own: readonly NamedKey[]) => Fingerprint;
}

/**
 * The backend of one machine: a directory with a SQLite file, a lock file for each process that the kernel frees when it dies, and what belongs to the host.
 * Throws EngineError `ROTATE_STATE_*` when the state is unusable (exit 6).
 */
export async function openLocalBackend(options: LocalOptions): Promise<Backend> {
  const { spec, runtime, reading = false, machine = readMachine() } = options;
  const directory = openDirectory(options);
  const state = openSqliteState(directory, { reading });
  const locks = createLocks(`${directory}/locks`);
  const notes = createRunLog(directory, runtime.log);
  const sources = { now: runtime.now, uptime: machine.uptime, bootId: machine.bootId };
  const clock = options.clock ?? createRotationClock(sources, await notes.clockNote());
  let bundles = bundlesOf([]);
  const claims = createClaims({ locks, ledger: state, clock, runtime, bundles: () => bundles });
  const writable = state.problem === undefined;

  async function close(): Promise<void> {
    locks.release();
    await state.close();
  }

  try {
    if (writable) await takeOver({ state, claims, machine, runtime }, spec, directory);
    else runtime.log.warn(`only looking: ${state.problem?.message}`, { remedy: state.problem?.hint });
    return {
      scope: "machine",
      place: directory,
      store: state,
      claims,
      clock,
      close,
      fingerprint:
        options.fingerprintOf?.(ownKeys(directory)) ??
        (writable ? openFingerprint(directory) : readFingerprint(directory)),
      host: {
        get machineId() {
          return machine.machineId; // a hash, which most who open a state do not ask for
        },
        ...notes,
        ...(writable && { sinkStamps: state.sinkStamps }),
        cache: createValueCache(directory, runtime),
        ...(writable && { processes: createProcesses(directory, { locks, bootId: machine.bootId }) }),
        helpers: createHelpers(`${directory}/helpers`, runtime.log),
        handoff: (rotation) => createHandoff(directory, rotation),
      },
      async publish({ rotations }) {
        bundles = bundlesOf(rotations);
        if (writable) await carryOver(rotations, state);
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Nobody who told nothing is to have two states of one spec: each would mint, write and reload for itself. */
function openDirectory({ spec, runtime, stateDir, reading = false }: LocalOptions): string {
  const uid = process.getuid?.();
  const chosen = { flag: stateDir, spec: spec.stateDir, env: runtime.env, uid };
  const base = chooseStateDir(chosen);
  const directory = join(base, spec.name);
  const others = toldStateDir(chosen) === undefined ? otherStates({ spec, directory, env: runtime.env, uid }) : [];
  if (others.length > 0) {
    const elsewhere = stateElsewhere(directory, others);
    if (!reading || !existsSync(join(directory, "state.db"))) throw elsewhere;
    runtime.log.warn(elsewhere.message, { code: elsewhere.code, remedy: elsewhere.hint });
  }
  return openStateDir(base, { name: spec.name, uid });
}

interface Opened {
  readonly state: SqliteState;
  readonly claims: Claims;
  readonly machine: Machine;
  readonly runtime: Runtime;
}

async function takeOver(opened: Opened, spec: LocalOptions["spec"], directory: string): Promise<void> {
  claimName(opened.state, spec, directory);
  await recognise(opened);
}

/** The state belongs to one spec file. A spec that moved may take it along; two that both exist may not share it. */
function claimName(state: SqliteState, spec: LocalOptions["spec"], directory: string): void {
  const owner = state.getMeta("spec");
  if (owner === spec.file) return;
  if (owner !== undefined && owner !== "-" && spec.file !== "-" && existsSync(owner)) {
    throw new EngineError(`the state ${directory} belongs to ${owner}`, {
      code: "ROTATE_STATE_TAKEN",
      exitCode: 6,
      hint: `two specs have the name ${spec.name}: give one of them another \`name:\``,
    });
  }
  state.setMeta("spec", spec.file);
}

/**
 * A copied state knows leases that another machine still uses. Where that is sure they are never revoked from here, and minted anew; where it is possible they
 * stay in use, and are left to expire. Only when all are marked does the state count as this machine's: a crash in between must not lose that.
 */
async function recognise({ state, claims, machine, runtime }: Opened): Promise<void> {
  const machineId = state.getMeta("machine"); // what earlier versions kept
  const known =
    parseIdentity(state.getMeta("identity")) ?? (machineId === undefined ? undefined : { machineId, boots: [] });
  const clone = cloneOf(known, machine);
  if (clone !== "no") {
    const from = known?.hostName ?? "another machine";
    runtime.log.warn(
      clone === "sure"
        ? `this state came from ${from}: what lives of it is not revoked from here, and minted anew`
        : `this state may be a copy of one that ${from} uses: what lives of it is left to expire`,
    );
    for (const rotation of await state.names()) if (!(await mark(rotation, claims, clone))) return;
  }
  const now = identityOn(known, machine);
  if (now !== known) state.setMeta("identity", JSON.stringify(now));
}

/** False when another process keeps it. */
async function mark(rotation: string, claims: Claims, clone: "sure" | "possible"): Promise<boolean> {
  const claim = await claims.byName(rotation, { wait: 10_000 });
  if (!claim) return false;
  const pinned = liveLeases(claim.state()).map(({ id }) => ({ type: "pinned", lease: id }) as const);
  const records: readonly JournalRecord[] = clone === "sure" ? [{ type: "disowned" }] : pinned;
  await claim.settle({ records });
  return true;
}
