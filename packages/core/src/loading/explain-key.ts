import type { Catalog } from "./catalog.ts";
import { isRecord } from "./fault.ts";
import { places, type PlaceName } from "./kinds.ts";
import { didYouMean, nearest } from "./nearest.ts";
import { marks, type JsonSchema } from "./rewrite.ts";
import { partSchema, requestSchema, specSchema } from "./spec-schema.ts";

/** What a key of a spec may hold. Plain JSON. */
export interface ExplainedKey {
  /** `rotations.refresh.at`: without the names that people give, and without places in lists. */
  readonly path: string;
  /** In words: `duration`, `list of text`, `one of reader, writer`. */
  readonly type: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  /** What stands below it: keys, or types of parts. */
  readonly keys: readonly ExplainedBelow[];
}

/** One key, or one type, below another. */
export interface ExplainedBelow {
  readonly name: string;
  readonly type: string;
  readonly description?: string;
  readonly required: boolean;
}

/** A step that leads nowhere. */
export interface UnknownKey {
  readonly step: string;
  /** Where it was looked for; empty: at the top. */
  readonly below: string;
  /** `did you mean …`, or what there is. */
  readonly hint: string | undefined;
}

/**
 * Explains a key by the schema that specs are held to: `rotations.refresh`, `providers.vault.auth.approle`, `providers.vault.request.path`, `rotations.app.sinks[0].dotenv`.
 * Names of rotations and places in lists may stand in it or be left out.
 */
export async function explainKey(path: string, catalog: Catalog): Promise<ExplainedKey | UnknownKey> {
  const steps = path
    .replaceAll(/\[(\d*)\]/g, ".$1")
    .split(".")
    .filter((step) => step !== "");
  let node: JsonSchema = specSchema((place) => ({ [partMark]: place }));
  const taken: string[] = [];
  for (const step of steps) {
    const inner = await below(node, step, catalog);
    if (inner !== undefined) taken.push(step);
    const known = inner === undefined ? (await keysOf(node, catalog)).map(({ name }) => name) : [];
    const next = inner ?? (nearest(step, known) === undefined ? innerOf(node) : undefined);
    if (next === undefined)
      return { step, below: taken.join("."), hint: elsewhere(step, catalog) ?? didYouMean(step, known) };
    node = next;
  }
  return { path: taken.join("."), ...wordsOf(node), keys: await keysOf(node, catalog) };
}

/** Stands for the parts of a place, which are known by their types only. */
const partMark = "$part";

/** Where the spec has a word that was looked for at the wrong place: `sinks`, or the type of a part. */
function elsewhere(step: string, catalog: Catalog): string | undefined {
  const found = Object.values(places).flatMap(({ kind, at }) =>
    at.flatMap((way: readonly string[]) => {
      const path = way.filter((one) => !["*", "#"].includes(one)).join(".");
      if (way.includes(step)) return [path];
      return catalog.types(kind).includes(step) ? [`${path}.${step}`] : [];
    }),
  );
  return found.length === 0 ? undefined : `it stands at ${[...new Set(found)].join(" and at ")}`;
}

/** The node, and whatever a condition adds to it. */
function facesOf(node: JsonSchema): readonly JsonSchema[] {
  const { then, else: otherwise, allOf } = node;
  const more = [then, otherwise, ...(Array.isArray(allOf) ? allOf : [])].filter(isRecord);
  return [node, ...more.flatMap(facesOf)];
}

/** What a map or a list holds. */
function innerOf(node: JsonSchema): JsonSchema | undefined {
  const found = facesOf(node).flatMap(({ items, additionalProperties }) =>
    [items, additionalProperties].filter(isRecord),
  );
  return found[0];
}

async function below(node: JsonSchema, step: string, catalog: Catalog): Promise<JsonSchema | undefined> {
  for (const face of facesOf(node)) {
    const place = face[partMark];
    const known = place === undefined ? propertiesOf(face)[step] : await partOf(place as PlaceName, step, catalog);
    if (isRecord(known)) return known;
    const branch = branchesOf(face).get(step);
    if (branch !== undefined) return branch;
  }
  const inner = innerOf(node);
  return inner && below(inner, step, catalog);
}

function propertiesOf({ properties }: JsonSchema): JsonSchema {
  return isRecord(properties) ? properties : {};
}

/** The members of a union, by the word that tells them apart. */
function branchesOf({ allOf }: JsonSchema): ReadonlyMap<string, JsonSchema> {
  const members = (Array.isArray(allOf) ? allOf : []).flatMap((one: JsonSchema) => {
    const [condition] = isRecord(one["if"]) ? Object.values(propertiesOf(one["if"])) : [];
    const word = isRecord(condition) ? condition["const"] : undefined;
    return typeof word === "string" && isRecord(one["then"]) ? [[word, one["then"]] as const] : [];
  });
  return new Map(members);
}

async function partOf(place: PlaceName, type: string, catalog: Catalog): Promise<JsonSchema | undefined> {
  const row = places[place];
  const part = catalog.types(row.kind).includes(type) ? await catalog.find(row.kind, type) : undefined;
  if (part === undefined) return undefined;
  const schema = partSchema(row.kind, part, row);
  if (!("mint" in part)) return schema;
  const request = {
    ...requestSchema(part.request),
    description: "what a rotation asks of it (`request` of the rotation)",
  };
  return { ...schema, properties: { ...propertiesOf(schema), request } };
}

async function keysOf(node: JsonSchema, catalog: Catalog): Promise<readonly ExplainedBelow[]> {
  const faces = facesOf(node);
  const place = faces.map((face) => face[partMark]).find((one) => one !== undefined);
  if (place !== undefined) return typesAt(place as PlaceName, catalog);
  const required = new Set(
    faces.slice(0, 1).flatMap((face) => (Array.isArray(face["required"]) ? face["required"] : [])),
  );
  const branches = [...branchesOf(node)].map(([name, member]) => ({ name, ...shortOf(member), required: false }));
  const own = branches.length > 0 ? [] : faces.flatMap((face) => Object.entries(propertiesOf(face)));
  const keys = new Map(
    own.filter(([, schema]) => isRecord(schema)).map(([name, schema]) => [name, schema as JsonSchema]),
  );
  const listed = [...keys].map(([name, schema]) => ({ name, ...shortOf(schema), required: required.has(name) }));
  const all = [...branches, ...listed];
  const inner = innerOf(node);
  return all.length === 0 && inner !== undefined ? keysOf(inner, catalog) : all;
}

async function typesAt(place: PlaceName, catalog: Catalog): Promise<readonly ExplainedBelow[]> {
  const { kind } = places[place];
  return Promise.all(
    catalog.types(kind).map(async (name) => {
      const part = await catalog.find(kind, name);
      const title = part !== undefined && "start" in part ? part.start?.title : undefined;
      return { name, type: "type", required: false, ...(title !== undefined && { description: title }) };
    }),
  );
}

function shortOf(node: JsonSchema): Pick<ExplainedBelow, "type" | "description"> {
  const { type, description } = wordsOf(node);
  return { type, ...(description !== undefined && { description }) };
}

function wordsOf(node: JsonSchema): Omit<ExplainedKey, "path" | "keys"> {
  const faces = [node, node["then"], node["else"]].filter(isRecord); // members of a union speak for themselves
  function said(word: string): unknown {
    return faces.map((face) => face[word]).find((one) => one !== undefined);
  }
  const [description, preset, examples] = ["description", "default", "examples"].map(said);
  return {
    type: typeOf(node),
    ...(typeof description === "string" && { description }),
    ...(preset !== undefined && { default: preset }),
    ...(Array.isArray(examples) && { examples }),
  };
}

const typeNames: Readonly<Record<string, string>> = {
  string: "text",
  object: "map",
  integer: "whole number",
  boolean: "true or false",
};

function typeOf(node: JsonSchema): string {
  const { type, items, $ref, $comment, else: otherwise, then } = node;
  if (Array.isArray(node["enum"])) return `one of ${node["enum"].join(", ")}`;
  if (node["const"] !== undefined) return JSON.stringify(node["const"]);
  if (typeof $ref === "string") return "reference";
  if ($comment === marks.duration) return "duration";
  if (isRecord(otherwise) && isRecord(then)) return `${typeOf(otherwise)} or ${typeOf(then)}`;
  if (node[partMark] !== undefined) return "map";
  if (type === "array") return `list${isRecord(items) ? ` of ${typeOf(items)}` : ""}`;
  return typeof type === "string" ? (typeNames[type] ?? type) : "anything";
}
