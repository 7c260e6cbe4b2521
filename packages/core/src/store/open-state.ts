import { existsSync } from "node:fs";
import { EngineError } from "../engine-error.ts";
import type { Spec } from "../loading/model.ts";
import { openFingerprint, type Fingerprint } from "./fingerprint.ts";
import type { Host } from "./host.ts";
import { openSqliteStore } from "./sqlite-store.ts";
import { openStateDir } from "./state-dir.ts";
import type { Store } from "./store.ts";

export interface OpenedState {
  readonly store: Store;
  readonly fingerprint: Fingerprint;
  readonly directory: string;
  /** The state was copied from another machine: its leases are not ours. */
  readonly cloned: boolean;
}

/** Opens a spec's state under `base`. Throws EngineError `ROTATE_STATE_UNUSABLE` or `ROTATE_STATE_TAKEN`. */
export async function openState({
  base,
  spec,
  host,
  uid,
}: {
  base: string;
  spec: Spec;
  host: Host;
  uid: number | undefined;
}): Promise<OpenedState> {
  const directory = openStateDir(base, { name: spec.name, uid });
  const store = await openSqliteStore(directory);
  try {
    await claimName(store, spec, directory);
    return { store, directory, fingerprint: openFingerprint(directory), cloned: await isCloned(store, host) };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** The state belongs to one spec file. A spec that moved may take it along; two that both exist may not share it. */
async function claimName(store: Store, spec: Spec, directory: string): Promise<void> {
  const owner = await store.getMeta("spec");
  if (owner === spec.file) return;
  if (owner !== undefined && owner !== "-" && spec.file !== "-" && existsSync(owner)) {
    throw new EngineError(`the state ${directory} belongs to ${owner}`, {
      code: "ROTATE_STATE_TAKEN",
      exitCode: 6,
      hint: `two specs have the name ${spec.name}: give one of them another \`name:\``,
    });
  }
  await store.setMeta("spec", spec.file);
}

/** True until `claimMachine`: the leases have to be disowned first, and a crash in between must not lose that. */
async function isCloned(store: Store, host: Host): Promise<boolean> {
  const before = await store.getMeta("machine");
  if (before === undefined) await claimMachine(store, host);
  return before !== undefined && host.machineId !== undefined && before !== host.machineId;
}

/** From now on the state is this machine's. */
export async function claimMachine(store: Store, host: Host): Promise<void> {
  if (host.machineId !== undefined) await store.setMeta("machine", host.machineId);
}
