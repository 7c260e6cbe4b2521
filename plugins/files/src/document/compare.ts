import { isDeepStrictEqual } from "node:util";
import type { Path } from "./pointer.ts";

/** Values by their place in a tree. */
interface Expected {
  readonly value?: string;
  readonly below: Map<string, Expected>;
}

/** True when `after` is `before` with these texts at their paths, and nothing else. Missing mappings above them are made. */
export function sameBut(
  before: unknown,
  after: unknown,
  wanted: readonly { readonly path: Path; readonly value: string }[],
): boolean {
  return isExpected(before, after, treeOf(wanted));
}

function treeOf(wanted: readonly { readonly path: Path; readonly value: string }[]): Expected {
  const root: Expected = { below: new Map() };
  for (const { path, value } of wanted) {
    let at = root;
    for (const [depth, step] of path.entries()) {
      const next = at.below.get(step) ?? { below: new Map() };
      at.below.set(step, depth === path.length - 1 ? { ...next, value } : next);
      at = next;
    }
  }
  return root;
}

function isExpected(before: unknown, after: unknown, { value, below }: Expected): boolean {
  if (value !== undefined) return after === value;
  if (Array.isArray(before) !== Array.isArray(after)) return false;
  const [old, now] = [treeAt(before), treeAt(after)];
  return (
    isIn(now, old, below) &&
    isIn(old, now, below) &&
    [...below].every(
      ([key, expected]) => Object.hasOwn(now, key) && isExpected(childAt(old, key), childAt(now, key), expected),
    )
  );
}

type Tree = Readonly<Record<string, unknown>>;

function treeAt(node: unknown): Tree {
  return typeof node === "object" && node !== null ? (node as Tree) : {};
}

function childAt(tree: Tree, key: string): unknown {
  return Object.hasOwn(tree, key) ? tree[key] : undefined;
}

/** True when all that `one` holds beside the expected keys is in `other`, too. Without lists of keys: there may be a million. */
function isIn(other: Tree, one: Tree, below: ReadonlyMap<string, Expected>): boolean {
  for (const key in one) {
    if (below.has(key) || !Object.hasOwn(one, key)) continue;
    if (!Object.hasOwn(other, key) || !isDeepStrictEqual(one[key], other[key])) return false;
  }
  return true;
}
