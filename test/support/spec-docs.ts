/** docs/reference/spec.md, made from the published schema of a spec. `npm run docs` writes it; a test compares. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createCatalog, kinds, kindWord, publishedSchema } from "@rotate/core";
import { builtins } from "@rotate/builtins";
import { cell, code, rangeOf, table } from "./tables.ts";
import { root } from "./workspace.ts";

/** The page with every key of a spec. */
export const specPage = join(root, "docs/reference/spec.md");

/** The part of JSON Schema that the published schema uses. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
  readonly $comment?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly if?: Schema;
  readonly then?: Schema;
  readonly else?: Schema;
  readonly allOf?: readonly Schema[];
}

interface Row {
  readonly key: string;
  readonly schema: Schema;
  readonly required: boolean;
}

/** `provider, sink or reload` */
const partsInWords = new Intl.ListFormat("en-GB", { type: "disjunction" }).format(kinds.map(kindWord));

const head = `# Every key of a spec

Made from the schema by \`npm run docs\`. \`NAME\` stands for a name of yours, \`[]\` for each entry of a list. The options of a ${partsInWords} are on the
page of its type: [plugins](../plugins). Durations are written like \`90s\`, \`5m\` or \`1h30m\`. A key that begins with \`x-\` is yours at the top.
`;

/** Keys of the engine in what a plugin describes: the same for every type of a kind. */
const ofEveryPart = [
  { kind: "sinks", title: "In every sink", only: ["partial", "values"] },
  { kind: "reloads", title: "In every reload", only: ["timeout", "continueOnError", "settle", "group", "onFailure"] },
  { kind: "verify", title: "In every probe (`verify`, `health`)", only: ["timeout", "within"] },
  { kind: "notifiers", title: "In every entry of `notify`", only: ["on", "after", "remind"] },
  {
    kind: "endpoints",
    title: "In every entry of `serve`",
    only: ["rotation", "listen", "uids", "access", "drain"],
  },
  { kind: "groups", title: "In every entry of `groups`", only: ["deadAfter"] },
];

/** The page as text. */
export async function renderSpecDocs(): Promise<string> {
  const schema = (await publishedSchema(createCatalog(builtins))) as unknown as Schema & {
    readonly $defs: Readonly<Record<string, Schema>>;
  };
  const { rotations, ...top } = schema.properties ?? {};
  const rotation = rotations?.additionalProperties;
  const parts = ofEveryPart.map(({ kind, title, only }) => {
    const rows = only.flatMap((key) => {
      const found = Object.entries(schema.$defs).find(
        ([name, part]) => name.startsWith(`${kind}.`) && part.properties?.[key] !== undefined,
      )?.[1];
      return found?.properties?.[key] === undefined ? [] : rowsOf(key, found.properties[key], false);
    });
    return section(title, rows);
  });
  const { reference } = schema.$defs;
  return [
    head,
    section("At the top", [
      ...keysOf({ properties: top, required: schema.required ?? [] }, ""),
      { key: "rotations", schema: rotations ?? {}, required: true },
    ]),
    section("In a rotation (`rotations.NAME`)", typeof rotation === "object" ? keysOf(rotation, "") : []),
    ...parts,
    section("A reference: where a text is read, one of", reference === undefined ? [] : keysOf(reference, "")),
  ].join("\n");
}

function section(title: string, rows: readonly Row[]): string {
  const cells = rows.map(({ key, schema, required }) => [code(key), typeOf(schema), meaning(schema, required)]);
  return `## ${title}\n\n${table(["key", "takes", "meaning"], cells)}`;
}

function keysOf({ properties = {}, required = [] }: Schema, prefix: string): readonly Row[] {
  return Object.entries(properties).flatMap(([key, schema]) =>
    rowsOf(`${prefix}${key}`, schema, required.includes(key)),
  );
}

/** A key, and the keys below it that are known whatever plugins there are. */
function rowsOf(key: string, schema: Schema, required: boolean): readonly Row[] {
  const row = { key, schema, required };
  const { items, additionalProperties } = schema;
  if (items?.properties !== undefined && items.allOf === undefined) return [row, ...keysOf(items, `${key}[].`)];
  if (typeof additionalProperties === "object" && additionalProperties.properties !== undefined)
    return additionalProperties.allOf === undefined ? [row, ...keysOf(additionalProperties, `${key}.NAME.`)] : [row];
  return [row, ...(schema.allOf === undefined ? keysOf(schema, `${key}.`) : [])];
}

function typeOf(schema: Schema): string {
  const { type, enum: values, items } = schema;
  const { else: plain } = schema;
  if (plain?.$comment === "duration") return "a duration or a reference";
  if (schema.const !== undefined) return code(schema.const);
  if (values !== undefined) return values.map(code).join(", ");
  if (schema.$comment === "duration") return "a duration";
  if (type === "array") return items?.enum === undefined ? "a list" : `a list of ${items.enum.map(code).join(", ")}`;
  if (type === "object") return "a map";
  if (type === "integer") return rangeOf(schema);
  if (type === "boolean") return "`true`, `false`";
  return schema.if === undefined && type === "string" ? "a text" : "a text or a reference";
}

function meaning({ description = "", default: own, else: plain }: Schema, required: boolean): string {
  const preset = own ?? plain?.default;
  const parts = [
    ...(required ? ["required"] : []),
    ...(description === "" ? [] : [description]),
    ...(preset === undefined || Array.isArray(preset) ? [] : [`default: ${code(preset)}`]),
  ];
  return cell(parts.join("; "));
}

if (import.meta.main) {
  mkdirSync(dirname(specPage), { recursive: true });
  writeFileSync(specPage, await renderSpecDocs());
}
