/** Who owns which field: sets of leaves, kept in `managedFields` as the API does (FieldsV1 of structured-merge-diff; lists count as one leaf). */
import type { Json } from "./types.ts";

/** A leaf's place, its names joined by a character that no name has. */
export type Leaf = string;
const joint = "\u0000";

/** One row of `managedFields`: what one writer owns by one kind of write. */
export interface Manager {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly leaves: ReadonlySet<Leaf>;
}

/** What belongs to the server or names the object is owned by nobody. */
const unowned = new Set(["apiVersion", "kind", "status"]);
const unownedMetadata = new Set([
  "name",
  "namespace",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "managedFields",
]);

/** True for an object, which no list is. */
export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A text of an object; empty when there is none. */
export function textAt(object: Json, name: string): string {
  const value = object[name];
  return typeof value === "string" ? value : "";
}

/** The leaves of an object with their values, as JSON. */
export function leavesOf(object: Json): ReadonlyMap<Leaf, string> {
  const { metadata, ...rest } = object;
  const own = Object.fromEntries(Object.entries(rest).filter(([name]) => !unowned.has(name)));
  const meta = Object.entries(isObject(metadata) ? metadata : {}).filter(([name]) => !unownedMetadata.has(name));
  return new Map(walk({ ...own, metadata: Object.fromEntries(meta) }, []));
}

function walk(value: Json, path: readonly string[]): readonly (readonly [Leaf, string])[] {
  return Object.entries(value).flatMap(([name, inner]) => {
    const place = [...path, name];
    return isObject(inner) ? walk(inner, place) : [[place.join(joint), JSON.stringify(inner)] as const];
  });
}

/** `.data.password`; a name with dots in it is written as structured-merge-diff does. */
export function shown(leaf: Leaf): string {
  return leaf
    .split(joint)
    .map((name) => `.${name}`)
    .join("");
}

/** The object with a leaf set, or taken out when `value` is undefined. */
export function withLeaf(object: Json, leaf: Leaf, value: unknown): Json {
  const [name = "", ...rest] = leaf.split(joint);
  const { [name]: inner, ...others } = object;
  if (rest.length === 0) return value === undefined ? others : { ...object, [name]: value };
  const changed = withLeaf(isObject(inner) ? inner : {}, rest.join(joint), value);
  return Object.keys(changed).length === 0 && value === undefined ? others : { ...object, [name]: changed };
}

/** The value of a leaf; undefined when its path leads nowhere. */
export function valueAt(object: Json, leaf: Leaf): unknown {
  return leaf.split(joint).reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), object);
}

/** As `managedFields` show it. Managers of nothing are left out. */
export function encodeManagers(managers: readonly Manager[], apiVersion: string, time: string): readonly Json[] {
  return managers
    .filter(({ leaves }) => leaves.size > 0)
    .map(({ manager, operation, leaves }) => ({
      manager,
      operation,
      apiVersion,
      time,
      fieldsType: "FieldsV1",
      fieldsV1: [...leaves].reduce((tree, leaf) => withLeaf(tree, prefixed(leaf), {}), {} as Json),
    }));
}

function prefixed(leaf: Leaf): Leaf {
  return leaf
    .split(joint)
    .map((name) => `f:${name}`)
    .join(joint);
}
