import { hostname } from "node:os";
import type { OptionTree, Runtime } from "@rotate/runtime";
import { pinnedBy } from "../loading/pinned.ts";
import type { Spec } from "../loading/model.ts";
import { openLocalBackend, type LocalOptions } from "../local/open-local.ts";
import type { Backend } from "../backend/backend.ts";

/** Whose state is opened, and whether it is only looked at. */
export interface BackendOptions extends Omit<LocalOptions, "spec" | "clock" | "fingerprintOf"> {
  readonly spec: Pick<Spec, "name" | "file" | "stateDir" | "state">;
  /** With a state that machines share: whose rotations this process takes as they come due. Default: those without a label. */
  readonly labels?: readonly string[] | undefined;
  /** It goes on and waits while the database does not answer at the start. */
  readonly patient?: boolean;
}

/** The backend that a spec names (`state`): this machine's directory, or beside it the database that several share. Throws EngineError `ROTATE_STATE_*`. */
export async function openBackend(options: BackendOptions): Promise<Backend> {
  const { state } = options.spec;
  return state === undefined ? openLocalBackend(options) : openFleet(options, state);
}

/** What this machine is called in a fleet: `ROTATE_HOST`, else its host name. */
export function hostName(env: Runtime["env"]): string {
  return env["ROTATE_HOST"] || hostname();
}

async function openFleet(options: BackendOptions, state: OptionTree): Promise<Backend> {
  const { spec, runtime, reading = false, labels, patient = false } = options;
  let here: Backend | undefined;
  const host = hostName(runtime.env);
  const [{ openSharedBackend }, { createSplitBackend }, { createKeyRing, readKeys }, { stateOption }] =
    await Promise.all([
      import("./open-shared.ts"),
      import("./split.ts"),
      import("./key.ts"),
      import("./state-option.ts"),
    ]);
  const { url, key, schema } = stateOption(state, runtime);
  const ring = createKeyRing(spec.name, readKeys((await key()).reveal()));
  const shared = await openSharedBackend({
    url,
    schema,
    runtime,
    reading,
    ring,
    spec: spec.name,
    host,
    holder: `${host} (process ${process.pid})`,
    processes: () => here?.host.processes,
    ...(labels !== undefined && labels.length > 0 && { labels }),
  });
  try {
    const local = await openLocalBackend({ ...options, clock: shared.clock, fingerprintOf: ring.with });
    here = local;
    return createSplitBackend({
      patient,
      local,
      shared,
      isPinned: (rotation) => pinnedBy(rotation).length > 0,
      warn: (message) => runtime.log.warn(message),
    });
  } catch (error) {
    await shared.close();
    throw error;
  }
}
