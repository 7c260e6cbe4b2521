import type { Context, FieldValues, Fields, Login } from "@rotate/plugin-kit";
import type { Backend } from "../backend/backend.ts";
import type { OnEvent } from "../events.ts";
import type { ProviderEntry, Rotation } from "../loading/model.ts";
import { callPart, timeLimits } from "../rotation/invoke.ts";
import { createLogins } from "../rotation/login.ts";
import { createReloadGate } from "../rotation/reload-gate.ts";
import { createReloadGroups } from "../rotation/reload-groups.ts";
import type { CredentialMemory, RotationDeps } from "../rotation/session.ts";
import type { Runtime } from "@rotate/runtime";
import { createEntries } from "../rotation/entries.ts";
import { loadCron, noCron, type NextCron } from "../schedule/cron.ts";

/** What the rotations of one engine share, over its backend. Throws when a cron expression is needed and its library cannot be loaded. */
export async function depsOver(
  backend: Backend,
  {
    rotations,
    runtime,
    onEvent,
    before,
  }: {
    readonly rotations: readonly Rotation[];
    readonly runtime: Runtime;
    readonly onEvent: OnEvent;
    /** Those of the spec before this one: what a process knows outlives a spec, its logins do not. */
    readonly before?: RotationDeps | undefined;
  },
): Promise<RotationDeps> {
  const { store, claims, fingerprint, clock, host } = backend;
  return {
    store,
    claims,
    fingerprint,
    clock,
    host,
    runtime,
    onEvent,
    nextCron: await cronFor(rotations),
    entries: before?.entries ?? createEntries(),
    logins: createLogins({ runtime, clock, call: (provider, call) => callLogin(runtime, provider, call) }),
    memory: before?.memory ?? createMemory(),
    gate: createReloadGate({ sleep: runtime.sleep }),
    groups: createReloadGroups(),
  };
}

function callLogin(runtime: Runtime, provider: ProviderEntry, call: (ctx: Context) => Promise<Login>): Promise<Login> {
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
