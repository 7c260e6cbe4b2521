import { type Catalog, type Parts } from "./catalog.ts";
import { kinds, type Kind } from "./kinds.ts";
import type { FoundParts } from "./compile/context.ts";
import type { RawRotation } from "./compile/foreach.ts";
import { isRecord, valueAt, type Path } from "./fault.ts";
import { places } from "./spec-schema.ts";

/** A place of the document where a plugin's part is configured. */
export interface PartPlace {
  readonly kind: Kind;
  readonly place: keyof typeof places;
  readonly value: Readonly<Record<string, unknown>>;
  readonly path: Path;
}

/** Every place of a document where a plugin's part is configured, in rotations as `foreach` made them. */
export function partPlacesOf(document: unknown, rotations: readonly RawRotation[]): readonly PartPlace[] {
  return [
    ...inMap("providers", valueAt(document, ["providers"]), ["providers"]),
    ...inMap("reloads", valueAt(document, ["reloads"]), ["reloads"]),
    ...rotations.flatMap(inRotation),
    ...inList({ kind: "notifiers", place: "notifiers" }, valueAt(document, ["notify"]), ["notify"]),
  ];
}

function inMap(kind: "providers" | "reloads", map: unknown, path: Path): readonly PartPlace[] {
  if (!isRecord(map)) return [];
  return Object.entries(map).flatMap(([name, value]) =>
    isRecord(value) ? [{ kind, place: kind, value, path: [...path, name] }] : [],
  );
}

const lists = [
  { key: "verify", kind: "probes", place: "verify" },
  { key: "sinks", kind: "sinks", place: "sinks" },
  { key: "reload", kind: "reloads", place: "reloads" },
  { key: "health", kind: "probes", place: "health" },
] as const;

function inRotation({ value, path }: RawRotation): readonly PartPlace[] {
  if (!isRecord(value)) return [];
  return lists.flatMap(({ key, kind, place }) => inList({ kind, place }, value[key], [...path, key]));
}

function inList(what: Pick<PartPlace, "kind" | "place">, items: unknown, path: Path): readonly PartPlace[] {
  if (!Array.isArray(items)) return [];
  return items.flatMap((item: unknown, index) =>
    isRecord(item) ? [{ ...what, value: item, path: [...path, index] }] : [],
  );
}

/** Loads the plugins that a document names, and no others. Throws what `Catalog.find` throws. */
export async function findParts(catalog: Catalog, named: readonly PartPlace[]): Promise<FoundParts> {
  const found = new Map<string, Parts[Kind]>();
  for (const kind of kinds) {
    const types = new Set(named.filter((one) => one.kind === kind).map(({ value }) => value["type"]));
    for (const type of types) {
      const part = typeof type === "string" ? await catalog.find(kind, type) : undefined;
      if (part !== undefined) found.set(`${kind} ${part.type}`, part);
    }
  }
  return {
    get: <K extends Kind>(kind: K, type: unknown) => found.get(`${kind} ${String(type)}`) as Parts[K] | undefined,
  };
}
