import type { Context, FieldValues, Fields, Login } from "@rotate/plugin-kit";
import { createCredentialCache } from "../credential/cache.ts";
import { EngineError } from "../engine-error.ts";
import { loadCron, noCron, type NextCron } from "../schedule/cron.ts";
import type { ProviderEntry, Rotation, Spec } from "../loading/model.ts";
import { readHost } from "../store/host.ts";
import { claimMachine, openState } from "../store/open-state.ts";
import { chooseStateDir } from "../store/state-dir.ts";
import type { Store } from "../store/store.ts";
import { callPart, timeLimits } from "../rotation/invoke.ts";
import { createLogins } from "../rotation/login.ts";
import { createHelpers } from "../rotation/helpers.ts";
import { createReloadGate } from "../rotation/reload-gate.ts";
import { createReloadGroups } from "../rotation/reload-groups.ts";
import type { CredentialMemory, RotationDeps } from "../rotation/session.ts";
import { openSession } from "../rotation/session.ts";
import { learnCadence } from "./cadence.ts";
import type { Engine, EngineOptions, RunOptions } from "./engine.ts";
import { describeEject, ejectTo } from "./eject.ts";
import { locked } from "./locked.ts";
import { planAll } from "./plan.ts";
import { revokeByHand } from "./revoke.ts";
import { needsWork, timeOf } from "./quick-look.ts";
import { tick } from "./run.ts";
import { selectByName } from "./select.ts";
import { refuseShrunken } from "./shrunken.ts";
import { orphanStatus, statusOf } from "./status.ts";

/** An opened state with what works on it: what the engine and the daemon are made of. */
export interface EngineParts {
  readonly deps: RotationDeps;
  /** The state's own, 0700. */
  readonly directory: string;
  readonly close: () => Promise<void>;
}

/** Opens the state and gives the engine. Throws EngineError `ROTATE_STATE_*` when the state is unusable (exit 6). */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { deps, directory } = await openEngineParts(options);
  return engineOf(options.spec, deps, directory);
}

/** Opens the state, carries renamed rotations over, disowns what another machine made. */
export async function openEngineParts(options: EngineOptions): Promise<EngineParts> {
  const { spec, runtime, host = readHost() } = options;
  const uid = process.getuid?.();
  const base = chooseStateDir({ flag: options.stateDir, spec: spec.stateDir, env: runtime.env, uid });
  const { store, fingerprint, directory, cloned } = await openState({ base, spec, host, uid });
  const logins = createLogins({ runtime, call: (provider, call) => callLogin(runtime, provider, call) });
  const nextCron = await cronFor(spec.rotations);
  const onEvent = options.onEvent ?? (() => undefined);
  const deps: RotationDeps = {
    store,
    runtime,
    host,
    fingerprint,
    nextCron,
    logins,
    onEvent,
    memory: createMemory(),
    cache: createCredentialCache(directory, runtime),
    helpers: createHelpers(`${directory}/helpers`),
    gate: createReloadGate({ sleep: runtime.sleep }),
    groups: createReloadGroups(),
  };
  await carryOver(spec, store);
  if (cloned) {
    await disown({ spec, deps: deps });
    await claimMachine(store, host);
  }
  return { deps, directory, close: () => store.close() };
}

function engineOf(spec: Spec, deps: RotationDeps, directory: string): Engine {
  const { store } = deps;

  async function run(options: RunOptions = {}) {
    await refuseShrunken(spec, deps);
    const rotations = selectByName(spec.rotations, options.names);
    const cadence = options.every ?? (await learnCadence(store, deps.runtime.now()));
    return tick(rotations, deps, {
      force: options.force ?? false,
      cadence,
      timeout: options.timeout ?? 120_000,
      lockTimeout: options.lockTimeout ?? 30_000,
      concurrency: options.concurrency ?? 16,
      signal: options.signal ?? new AbortController().signal,
    });
  }

  async function status(options: { readonly names?: readonly string[] } = {}) {
    const rotations = selectByName(spec.rotations, options.names);
    const own = await Promise.all(
      rotations.map(async (rotation) => {
        const state = await store.load(rotation.name);
        return statusOf(rotation, state, {
          deps,
          rotating: (state.attempt ?? state.owed) !== undefined && (await isLocked(store, rotation.name)),
        });
      }),
    );
    const orphans = options.names?.length ? [] : await orphansOf(spec, deps);
    return { version: 1 as const, rotations: [...own, ...orphans] };
  }

  return {
    run,
    status,
    plan: async (options = {}) =>
      planAll(selectByName(spec.rotations, options.names), deps, { resolveExec: options.resolveExec ?? false }),
    async history({ name, limit = 50 } = {}) {
      const attempts = await store.attempts({ limit, ...(name !== undefined && { rotation: name }) });
      return { version: 1, attempts };
    },
    needsRotation: async (name) =>
      (await needsWork({ rotation: only(spec, name), deps }, { force: false, cadence: undefined })) ? "due" : "fresh",
    async credential(name, options = {}) {
      const rotation = only(spec, name);
      const { currentCredential } = await import("./credential.ts");
      return currentCredential({ rotation, deps, directory }, options);
    },
    revoke: (name, options = {}) => revokeByHand(name, { spec, deps }, options),
    forget: (name) => forget(name, deps),
    eject: (name, values) => {
      const target = { rotation: only(spec, name), deps };
      return values === undefined ? describeEject(target) : ejectTo(values, target);
    },
    close: () => store.close(),
  };
}

function only(spec: Spec, name: string): Rotation {
  const rotation = spec.rotations.find((each) => each.name === name);
  if (rotation) return rotation;
  throw new EngineError(`no rotation is named ${name}`, {
    code: "ROTATE_USAGE",
    exitCode: 2,
    hint: `the spec has: ${spec.rotations.map((each) => each.name).join(", ")}`,
  });
}

async function forget(name: string, { store, cache }: RotationDeps): Promise<void> {
  const lock = await store.tryLock(name);
  if (!lock) throw locked(name);
  try {
    cache?.remove(name);
    await store.remove(name);
  } finally {
    lock.release();
  }
}

function callLogin(
  runtime: EngineOptions["runtime"],
  provider: ProviderEntry,
  call: (ctx: Context) => Promise<Login>,
): Promise<Login> {
  return callPart({ runtime, bound: { ...provider, kind: "provider" } }, { timeout: timeLimits.login }, call);
}

async function cronFor(rotations: readonly Rotation[]): Promise<NextCron> {
  const used = rotations.some(
    ({ refresh }) => refresh.windows.length > 0 || (refresh.rule !== undefined && "cron" in refresh.rule),
  );
  return used ? loadCron() : noCron;
}

/** The values minted by this process, until it ends. */
function createMemory(): CredentialMemory {
  const values = new Map<string, FieldValues<Fields>>();
  return {
    get: (lease) => values.get(lease),
    keep: (lease, fields) => void values.set(lease, fields),
    drop: (lease) => void values.delete(lease),
  };
}

/** `renamedFrom`: the state of the old name goes on under the new one. */
async function carryOver(spec: Spec, store: Store): Promise<void> {
  for (const { name, renamedFrom } of spec.rotations) {
    if (renamedFrom === undefined || (await store.load(renamedFrom)).seq === 0) continue;
    if ((await store.load(name)).seq > 0) continue;
    await store.rename(renamedFrom, name);
  }
}

/** A copied state knows leases that another machine still uses: they are never revoked from here, and minted anew. */
async function disown({ spec, deps }: { readonly spec: Spec; readonly deps: RotationDeps }): Promise<void> {
  for (const rotation of spec.rotations) {
    const lock = await deps.store.tryLock(rotation.name);
    if (!lock) continue;
    try {
      const session = await openSession({ rotation, deps, lock, signal: new AbortController().signal });
      await session.journal({ type: "disowned" });
    } finally {
      lock.release();
    }
  }
}

async function isLocked(store: Store, rotation: string): Promise<boolean> {
  const lock = await store.tryLock(rotation);
  lock?.release();
  return lock === undefined;
}

async function orphansOf(spec: Spec, deps: RotationDeps) {
  const inSpec = new Set(spec.rotations.map(({ name }) => name));
  const names = (await deps.store.names()).filter((name) => !inSpec.has(name));
  const states = await Promise.all(names.map((name) => deps.store.load(name)));
  return states.flatMap((state) => orphanStatus(state, timeOf(deps, state)) ?? []);
}
