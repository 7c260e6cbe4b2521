import type { Catalog } from "./catalog.ts";
import { kinds, placeRows, places, type Kind, type Parts, type PlaceName } from "./kinds.ts";
import { choice, definitions, type JsonSchema } from "./rewrite.ts";
import { partSchema, specSchema } from "./spec-schema.ts";

/** The schema's identity. It names the format; nothing can be fetched there. */
const schemaId = "urn:rotate:spec:v1";

/**
 * The schema of a spec with the options of every plugin in the catalog: for yaml-language-server and other editors.
 * Loads all plugins.
 */
export async function publishedSchema(catalog: Catalog): Promise<JsonSchema> {
  const parts = await Promise.all(kinds.map((kind) => definitionsOf(catalog, kind)));
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: schemaId,
    title: "rotate spec",
    description: "Short-lived credentials for applications that expect long-lived ones.",
    ...specSchema((place) => choiceOf(catalog.types(places[place].kind), place)),
    $defs: { ...definitions, ...Object.fromEntries(parts.flat()) },
  };
}

/** The text of the published schema, as its file holds it. */
export async function publishedSchemaText(catalog: Catalog): Promise<string> {
  return `${JSON.stringify(await publishedSchema(catalog), undefined, 2)}\n`;
}

/** A part stands in `$defs` once for each place of its kind: probes twice, because only `verify` takes templates. */
function choiceOf(types: readonly string[], place: PlaceName): JsonSchema {
  // Where no plugin has one of that kind, nothing can stand there; an empty list of types would be no sound schema.
  if (types.length === 0) return { not: {} };
  return {
    type: "object",
    properties: { type: { enum: types } },
    required: ["type"],
    allOf: types.map((type) =>
      choice({ properties: { type: { const: type } }, required: ["type"] }, { $ref: `#/$defs/${place}.${type}` }),
    ),
  };
}

async function definitionsOf(catalog: Catalog, kind: Kind): Promise<readonly (readonly [string, JsonSchema])[]> {
  const rows = placeRows.filter(([, row]) => row.kind === kind);
  const found = await Promise.all(catalog.types(kind).map((type) => catalog.find(kind, type)));
  return found.flatMap((part: Parts[Kind] | undefined) =>
    part === undefined
      ? []
      : rows.map(([place, row]) => [`${place}.${part.type}`, partSchema(kind, part, row)] as const),
  );
}
