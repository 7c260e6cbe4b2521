import { type Catalog, type Parts } from "./catalog.ts";
import { kinds, type Kind } from "./kinds.ts";
import { choice, definitions, type JsonSchema, type Place } from "./rewrite.ts";
import { partSchema, places, specSchema } from "./spec-schema.ts";

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
    ...specSchema((kind, place) => choiceOf(catalog.types(kind), kind, place)),
    $defs: { ...definitions, ...Object.fromEntries(parts.flat()) },
  };
}

/** The text of the published schema, as its file holds it. */
export async function publishedSchemaText(catalog: Catalog): Promise<string> {
  return `${JSON.stringify(await publishedSchema(catalog), undefined, 2)}\n`;
}

/** The names under which a part stands in `$defs`: probes twice, because only `verify` takes templates. */
function definitionName(kind: Kind, type: string, place: Place): string {
  const list = kind === "probes" ? (place.templates ? "verify" : "health") : kind;
  return `${list}.${type}`;
}

function choiceOf(types: readonly string[], kind: Kind, place: Place): JsonSchema {
  return {
    type: "object",
    properties: { type: { enum: types } },
    required: ["type"],
    allOf: types.map((type) =>
      choice(
        { properties: { type: { const: type } }, required: ["type"] },
        { $ref: `#/$defs/${definitionName(kind, type, place)}` },
      ),
    ),
  };
}

async function definitionsOf(catalog: Catalog, kind: Kind): Promise<readonly (readonly [string, JsonSchema])[]> {
  const used: readonly Place[] = kind === "probes" ? [places.verify, places.health] : [places[kind]];
  const found = await Promise.all(catalog.types(kind).map((type) => catalog.find(kind, type)));
  return found.flatMap((part: Parts[Kind] | undefined) =>
    part === undefined
      ? []
      : used.map((place) => [definitionName(kind, part.type, place), partSchema(kind, part, place)] as const),
  );
}
