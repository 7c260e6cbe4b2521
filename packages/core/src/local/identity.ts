import type { Machine } from "./machine.ts";

/** What a state remembers of the machine that it was last used on. */
export interface Identity {
  readonly machineId?: string;
  readonly productId?: string;
  readonly hostName?: string;
  readonly quick?: string;
  /** The boots that it has lived through, oldest first. */
  readonly boots: readonly string[];
}

/**
 * Is the state a copy of one that another machine still uses? `sure`: an identity of the machine differs. `possible`: its name differs, or it was used under
 * another boot between two looks of this one, as a copy that is carried to and fro is.
 */
export function cloneOf(before: Identity | undefined, now: Machine): "no" | "possible" | "sure" {
  if (before === undefined) return "no";
  if (!isKnown(before, now) && (differ(before.machineId, now.machineId) || differ(before.productId, now.productId)))
    return "sure";
  const isBack = before.boots.slice(0, -1).includes(now.bootId) && before.boots.at(-1) !== now.bootId;
  return isBack || differ(before.hostName, now.hostName) ? "possible" : "no";
}

/** Both identities are the known ones: no hash has to be made of them. */
function isKnown(before: Identity, { quick }: Machine): boolean {
  return quick !== undefined && before.quick === quick;
}

/** What cannot be told (in many containers, or without rights) differs from nothing. */
function differ(before: string | undefined, now: string | undefined): boolean {
  return before !== undefined && now !== undefined && before !== now;
}

const remembered = 20;

/** What the state is to remember from now on; the same object when that is what it knows. */
export function identityOn(before: Identity | undefined, machine: Machine): Identity {
  const { hostName, bootId, quick } = machine;
  const boots = before?.boots ?? [];
  const known = before ?? { boots };
  const now: Identity = {
    ...known,
    ...(before === undefined || !isKnown(before, machine) ? idsOf(machine) : {}),
    ...(hostName !== undefined && { hostName }),
    ...(quick !== undefined && { quick }),
    boots: boots.at(-1) === bootId ? boots : [...boots, bootId].slice(-remembered),
  };
  return before !== undefined && JSON.stringify(now) === JSON.stringify(before) ? before : now;
}

function idsOf({ machineId, productId }: Machine): Identity | object {
  return { ...(machineId !== undefined && { machineId }), ...(productId !== undefined && { productId }) };
}

/** As it is kept; undefined for a text that is none. */
export function parseIdentity(text: string | undefined): Identity | undefined {
  if (text === undefined) return undefined;
  try {
    const read = JSON.parse(text) as Identity;
    return Array.isArray(read.boots) ? read : undefined;
  } catch {
    return undefined;
  }
}
