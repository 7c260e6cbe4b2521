import type { Backend } from "../backend/backend.ts";
import type { ReloadGroup, Spec } from "../loading/model.ts";
import { placeInState, type PermitPlace } from "../permits/place.ts";
import { callPart, timeLimits } from "../rotation/invoke.ts";
import type { RotationDeps } from "../rotation/session.ts";

/** Where a group's permits stand, and how long one lasts without a sign of life, ms. */
export interface GroupPlace {
  readonly place: PermitPlace;
  readonly lasts: number;
}

/** Where `groups` says nothing of it. ms */
const deadAfter = 60_000;

/** By the entry of `groups` that has its name; in the state where machines share one; undefined: nowhere. */
export function placeOfGroup(
  { name }: Pick<ReloadGroup, "name">,
  {
    spec,
    runtime,
    backend,
  }: {
    readonly spec: Pick<Spec, "groups">;
    readonly runtime: RotationDeps["runtime"];
    readonly backend: Pick<Backend, "scope" | "store">;
  },
): GroupPlace | undefined {
  const entry = spec.groups.find((one) => one.name === name);
  if (entry === undefined)
    return backend.scope === "shared" ? { place: placeInState(name, backend.store), lasts: deadAfter } : undefined;
  const { part } = entry;
  const parts = { runtime, bound: { ...entry, kind: "group" } };
  const limit = { timeout: timeLimits.check };
  const place: PermitPlace = {
    read: (permit) => callPart(parts, limit, (ctx) => part.read(permit, ctx)),
    write: (permit, next) => callPart(parts, limit, (ctx) => part.write(permit, next, ctx)),
    check: (permits) => callPart(parts, limit, async (ctx) => part.check?.(permits, ctx)),
  };
  return { place, lasts: entry.deadAfter };
}
