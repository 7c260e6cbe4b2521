import type { Catalog } from "./catalog.ts";
import { kinds, meets, placeRows, type Kind, type Parts, type PlaceName } from "./kinds.ts";
import type { FoundParts } from "./compile/context.ts";
import type { RawRotation } from "./compile/foreach.ts";
import { isRecord, valueAt, type Path } from "./fault.ts";
import { scalarText } from "./scalar-text.ts";

/** A place of the document where a plugin's part is configured. */
export interface PartPlace {
  readonly kind: Kind;
  readonly place: PlaceName;
  readonly value: Readonly<Record<string, unknown>>;
  readonly path: Path;
}

/** Every place of a document where a plugin's part is configured, in rotations as `foreach` made them. */
export function partPlacesOf(document: unknown, rotations: readonly RawRotation[]): readonly PartPlace[] {
  return placeRows.flatMap(([place, { kind, at }]) =>
    at
      .flatMap(([top = "", ...steps]) =>
        top === "rotations"
          ? rotations.flatMap((rotation) => below(rotation, steps.slice(1)))
          : below({ value: valueAt(document, [top]), path: [top] }, steps),
      )
      .flatMap(({ value, path }) => (isRecord(value) ? [{ kind, place, value, path }] : [])),
  );
}

interface Found {
  readonly value: unknown;
  readonly path: Path;
}

/** What the steps lead to from here. */
function below({ value, path }: Found, [step, ...rest]: readonly string[]): readonly Found[] {
  if (step === undefined) return [{ value, path }];
  return entriesOf(value)
    .filter(([key]) => meets(step, key))
    .flatMap(([key, inner]) => below({ value: inner, path: [...path, key] }, rest));
}

function entriesOf(value: unknown): readonly (readonly [string | number, unknown])[] {
  if (Array.isArray(value)) return value.map((inner: unknown, index) => [index, inner] as const);
  return isRecord(value) ? Object.entries(value) : [];
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
    get: <K extends Kind>(kind: K, type: unknown) => found.get(`${kind} ${scalarText(type)}`) as Parts[K] | undefined,
  };
}
