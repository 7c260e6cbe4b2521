import type { Context, Login } from "@rotate/plugin-kit";
import { remembering, secretVariables, withholding, type Runtime } from "@rotate/runtime";
import type { Backend } from "../backend/backend.ts";
import type { OnEvent } from "../events.ts";
import type { Rotation, Spec } from "../loading/model.ts";
import { partsOf } from "../loading/parts-of.ts";
import { createSourceMark } from "../loading/source-mark.ts";
import { callPart, timeLimits } from "../rotation/invoke.ts";
import { createLogins, type LoginEntry, type Logins } from "../rotation/login.ts";
import { createReloadGate } from "../rotation/reload-gate.ts";
import { createTurnsAcross } from "../permits/across.ts";
import { createReloadGroups } from "../rotation/reload-groups.ts";
import type { RotationDeps } from "../rotation/session.ts";
import { createMemory } from "./minted.ts";
import { createOffers } from "./offers.ts";
import { placeOfGroup } from "./permit-places.ts";
import { ownRootsOver } from "./own-roots.ts";
import { createEntries } from "../rotation/entries.ts";
import { loadCron, noCron, type NextCron } from "../schedule/cron.ts";

/** What the rotations of one engine share, over its backend. Throws when a cron expression is needed and its library cannot be loaded. */
export async function depsOver(
  backend: Backend,
  {
    spec,
    runtime: given,
    onEvent,
    before,
  }: {
    readonly spec: Spec;
    readonly runtime: Runtime;
    readonly onEvent: OnEvent;
    /** Those of the spec before this one: what a process knows outlives a spec, its logins do not. */
    readonly before?: RotationDeps | undefined;
  },
): Promise<RotationDeps> {
  const { store, claims, fingerprint, clock, host, halves, peers } = backend;
  const { rotations } = spec;
  const memory = before?.memory ?? createMemory();
  const runtime = remembering(withholding(given, loginVariables(spec)));
  return {
    store,
    claims,
    fingerprint,
    clock,
    host,
    ...(halves && { halves }),
    ...(peers && { peers }),
    runtime,
    onEvent,
    sourceMark: createSourceMark(runtime.env),
    nextCron: await cronFor(rotations),
    entries: before?.entries ?? createEntries(),
    logins: loginsOver({ runtime, clock }),
    ownRoots: ownRootsOver(spec, backend.place),
    memory,
    offers: before?.offers ?? createOffers(memory.get),
    swept: new WeakMap(),
    stamps: new WeakMap(),
    gate: createReloadGate({ sleep: runtime.sleep }),
    groups: createReloadGroups(
      createTurnsAcross({
        ...backend,
        runtime,
        spec,
        placeOf: (group) => placeOfGroup(group, { spec, runtime, backend }),
      }),
    ),
  };
}

/** The environment variables that the spec takes secrets from: no command that is run for it inherits them. */
export function loginVariables(spec: Spec): readonly string[] {
  return secretVariables(treesOf(spec));
}

/** Everything of the spec in which a reference can stand, once: what many rotations have in common is one object. */
function treesOf({ providers, rotations, notify, serve, groups, monitor, state }: Spec): ReadonlySet<unknown> {
  const trees = new Set<unknown>([monitor, state]);
  for (const { options } of [...providers.values(), ...notify, ...serve, ...groups]) trees.add(options);
  for (const rotation of rotations) {
    trees.add(rotation.request);
    for (const { options } of partsOf(rotation)) trees.add(options);
  }
  return trees;
}

/** Logins of their own in this runtime. */
export function loginsOver({ runtime, clock }: Pick<RotationDeps, "runtime" | "clock">): Logins {
  return createLogins({ runtime, clock, call: (entry, call) => callLogin(runtime, entry, call) });
}

function callLogin(runtime: Runtime, entry: LoginEntry, call: (ctx: Context) => Promise<Login>): Promise<Login> {
  const kind = "name" in entry ? "provider" : "sink";
  return callPart<LoginEntry["part"], Login>(
    { runtime, bound: { ...entry, kind } },
    { timeout: timeLimits.login },
    call,
  );
}

async function cronFor(rotations: readonly Rotation[]): Promise<NextCron> {
  const used = rotations.some(
    ({ refresh }) => refresh.windows.length > 0 || (refresh.rule !== undefined && "cron" in refresh.rule),
  );
  return used ? loadCron() : noCron;
}
