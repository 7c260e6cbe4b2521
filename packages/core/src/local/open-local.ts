import { existsSync } from "node:fs";
import type { Backend } from "../backend/backend.ts";
import { carryOver } from "../backend/carry-over.ts";
import { settling, type Claims } from "../backend/claim.ts";
import { EngineError } from "../engine-error.ts";
import type { Spec } from "../loading/model.ts";
import type { Runtime } from "@rotate/runtime";
import { createRotationClock } from "../schedule/clock.ts";
import { createClaims } from "./claims.ts";
import { openFingerprint } from "./fingerprint-key.ts";
import { createHandoff } from "./handoff.ts";
import { createHelpers } from "./helpers.ts";
import { createLocks } from "./lock.ts";
import { readMachine, type Machine } from "./machine.ts";
import { createRunLog } from "./run-log.ts";
import { openSqliteState, type SqliteState } from "./sqlite.ts";
import { chooseStateDir, openStateDir } from "./state-dir.ts";
import { createValueCache } from "./value-cache.ts";

export interface LocalOptions {
  readonly spec: Pick<Spec, "name" | "file" | "stateDir">;
  readonly runtime: Runtime;
  /** Overrides the spec's `stateDir`. Absolute. */
  readonly stateDir?: string;
  /** Default: the one this process runs on. */
  readonly machine?: Machine;
}

/**
 * The backend of one machine: a directory with a SQLite file, lock files that the kernel frees when their process dies, and what belongs to the host.
 * Throws EngineError `ROTATE_STATE_*` when the state is unusable (exit 6).
 */
export async function openLocalBackend(options: LocalOptions): Promise<Backend> {
  const { spec, runtime, machine = readMachine() } = options;
  const uid = process.getuid?.();
  const base = chooseStateDir({ flag: options.stateDir, spec: spec.stateDir, env: runtime.env, uid });
  const directory = openStateDir(base, { name: spec.name, uid });
  const state = openSqliteState(directory);
  const locks = createLocks(`${directory}/locks`);
  const notes = createRunLog(directory, runtime.log);
  const sources = { now: runtime.now, uptime: machine.uptime, bootId: machine.bootId };
  const clock = createRotationClock(sources, await notes.clockNote());
  const claims = createClaims({ locks, ledger: state, clock, runtime });

  async function close(): Promise<void> {
    locks.releaseAll();
    await state.close();
  }

  try {
    claimName(state, spec, directory);
    await disownIfCloned({ state, claims, machine });
    return {
      scope: "machine",
      place: directory,
      store: state,
      claims,
      clock,
      close,
      fingerprint: openFingerprint(directory),
      host: {
        ...notes,
        cache: createValueCache(directory, runtime),
        helpers: createHelpers(`${directory}/helpers`, runtime.log),
        handoff: (rotation) => createHandoff(directory, rotation),
      },
      publish: ({ rotations }) => carryOver(rotations, state),
    };
  } catch (error) {
    await close();
    throw error;
  }
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
 * A copied state knows leases that another machine still uses: they are never revoked from here, and minted anew. Only when all are disowned is the state
 * this machine's: a crash in between must not lose that.
 */
async function disownIfCloned(about: { state: SqliteState; claims: Claims; machine: Machine }): Promise<void> {
  const { state, claims, machine } = about;
  if (machine.machineId === undefined) return;
  const before = state.getMeta("machine");
  if (before === machine.machineId) return;
  if (before !== undefined) for (const rotation of await state.names()) await disown(rotation, claims);
  state.setMeta("machine", machine.machineId);
}

async function disown(rotation: string, claims: Claims): Promise<void> {
  const claim = await claims.byName(rotation);
  if (claim) await settling(claim, ({ append }) => append([{ type: "disowned" }]));
}
