import { sharedReloads, type Reloading } from "./shared-reloads.ts";

interface Claimed extends Reloading {
  readonly name: string;
}

/**
 * By name: what has to be claimed together, in the order of the spec. Two machines would run a reload twice that rotations share, directly or
 * by way of others. All of one bundle have the same list.
 */
export function bundlesOf(rotations: readonly Claimed[]): ReadonlyMap<string, readonly string[]> {
  const firstOf = firsts(rotations);
  const lists = new Map<string, string[]>();
  const bundles = new Map<string, readonly string[]>();
  for (const { name } of rotations) {
    const first = firstOf(name);
    const list = lists.get(first) ?? [];
    if (list.length === 0) lists.set(first, list);
    list.push(name);
    bundles.set(name, list);
  }
  return bundles;
}

/** Who stands for the bundle of a name. Each name leads to another of its bundle, and all in the end to one: ten thousand that share a reload are a quick matter. */
function firsts(rotations: readonly Claimed[]): (name: string) => string {
  const leads = new Map<string, string>();
  const users = new Map<string, string>();
  function firstOf(name: string): string {
    let first = name;
    for (let next = leads.get(first); next !== undefined; next = leads.get(first)) first = next;
    if (first !== name) leads.set(name, first);
    return first;
  }
  for (const { name, reloads } of rotations)
    for (const reload of sharedReloads({ reloads })) {
      const [one, other] = [firstOf(users.get(reload) ?? name), firstOf(name)];
      if (one !== other) leads.set(other, one);
      users.set(reload, one);
    }
  return firstOf;
}
