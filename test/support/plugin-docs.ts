/** docs/reference/plugins.md, made from what the built-in plugins declare. `npm run docs` writes it; a test compares. */
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { createCatalog, type Kind, kinds, kindWord, type Parts } from "@rotate/core";
import type { ObjectSchema, Provider, Schema } from "@rotate/plugin-kit";
import { builtins } from "@rotate/builtins";
import { cell, code, rangeOf, table } from "./tables.ts";
import { filesUnder, root } from "./workspace.ts";

/** The page with every option of every built-in type. */
export const pluginsPage = join(root, "docs/reference/plugins.md");

const head = `# Every option of the built-in types

Made from what the plugins declare by \`npm run docs\`: what each type takes, and its defaults. What a type does, the permissions it needs and how it fails stands on its own page. Any text may be
a reference (\`{ env: NAME }\` and its like: [every key of a spec](spec.md#a-reference-where-a-text-is-read-one-of)); where it says *a secret*, it must be one. Keys that every part of a kind takes (\`values\`, \`timeout\`, \`within\`, …) are on
[that page](spec.md), too.
`;

/** The page as text. */
export async function renderPluginDocs(): Promise<string> {
  const catalog = createCatalog(builtins);
  const pages = pagesByType();
  const sections = kinds.flatMap((kind) =>
    catalog.types(kind).map(async (type) => {
      const part = await catalog.find(kind, type);
      const page = pages.get(type);
      if (part === undefined || page === undefined) throw new Error(`${type} has no page in docs/plugins`);
      return `## ${code(type)}, a ${kindWord(kind)}\n\n[What it does](../plugins/${page}).${sentencesOf(part)}\n\n${tablesOf(part)}`;
    }),
  );
  return [head, ...(await Promise.all(sections))].join("\n");
}

/** The page of each type: types stand as code in its title, before the colon. */
function pagesByType(): ReadonlyMap<string, string> {
  const pages = filesUnder("docs/plugins", ".md").flatMap((page) => {
    const [title = ""] = readFileSync(join(root, page), "utf8").split(":", 1);
    return [...title.matchAll(/`([^`]+)`/g)].map(([, type = ""]) => [type, basename(page)] as const);
  });
  return new Map(pages);
}

function isProvider(part: Parts[Kind]): part is Provider {
  return "mint" in part;
}

/** What else it declares of itself. */
function sentencesOf(part: Parts[Kind]): string {
  if ("keys" in part && part.keys !== undefined) return ` A key of \`values\` is ${part.keys.description}.`;
  if (!isProvider(part)) return "";
  const can = [
    ...(part.renew === undefined ? [] : ["lengthens a lease"]),
    ...(part.revoke === undefined ? [] : ["revokes"]),
    ...(part.revokeValue === undefined ? [] : ["revokes what is still in memory"]),
    ...(part.find === undefined ? [] : ["finds a lease whose answer was lost"]),
  ];
  const does = can.length === 0 ? " It cannot revoke: a credential lives until it ends." : ` It ${can.join(", ")}.`;
  return part.overlap === false ? `${does} A mint kills the credential before it.` : does;
}

function tablesOf(part: Parts[Kind]): string {
  const options = table(["option", "takes", "meaning"], rowsOf(part.options));
  if (!isProvider(part)) return options === "" ? "It has no options.\n" : options;
  const request = part.request === undefined ? "" : table(["request", "takes", "meaning"], rowsOf(part.request));
  return [options, request, fieldsOf(part)].filter((text) => text !== "").join("\n");
}

function fieldsOf({ fields }: Provider): string {
  if (typeof fields === "function") return "Its fields are those that the request names.\n";
  const rows = Object.entries(fields).map(([name, { secret, description, multiline, optional }]) => {
    const kind = [
      secret ? "a secret" : "a text",
      ...(multiline ? ["of several lines"] : []),
      ...(optional ? ["or absent"] : []),
    ];
    return [code(name), kind.join(", "), cell(description)];
  });
  return table(["field", "is", "meaning"], rows);
}

type Row = readonly [key: string, takes: string, meaning: string];

function rowsOf({ properties = {}, required = [] }: ObjectSchema, prefix = ""): readonly Row[] {
  return Object.entries(properties)
    .filter(([, schema]) => !("const" in schema))
    .flatMap(([name, schema]) => {
      const key = `${prefix}${name}`;
      return [[code(key), takes(schema), meaning(schema, required.includes(name))] as const, ...below(schema, key)];
    });
}

/** The keys inside of an option. */
function below(schema: Schema, key: string): readonly Row[] {
  if ("anyOf" in schema) {
    const choices = schema.anyOf.map(constOf).map(code).join(", ");
    return [[code(`${key}.${wordOf(schema.anyOf)}`), choices, "required"], ...alternatives(schema.anyOf, key)];
  }
  if (!("type" in schema)) return [];
  if (schema.type === "array" && "items" in schema) return below(schema.items, `${key}[]`);
  if (schema.type !== "object") return [];
  const { additionalProperties: rest } = schema;
  const named = rowsOf(schema, `${key}.`);
  return rest ? [...named, ...below(rest, `${key}.NAME`)] : named;
}

/** The keys of every alternative; one that several have alike stands once. */
function alternatives(members: readonly ObjectSchema[], key: string): readonly Row[] {
  const all = members.flatMap((member) => rowsOf(member, `${key}.`).map((row) => ({ row, choice: constOf(member) })));
  return [...Map.groupBy(all, ({ row }) => row.join("|")).values()].map((alike) => {
    const [name, kind, told] = alike[0]?.row ?? ["", "", ""];
    const only = `with ${alike.map(({ choice }) => code(choice)).join(", ")}`;
    return [name, kind, told === "" ? only : `${only}: ${told}`];
  });
}

function constOf({ properties = {} }: ObjectSchema): unknown {
  const [found] = Object.values(properties).filter((schema) => "const" in schema);
  return found && "const" in found ? found.const : undefined;
}

/** The property by which alternatives are told apart. */
function wordOf([member]: readonly ObjectSchema[]): string {
  const [name = ""] = Object.entries(member?.properties ?? {}).find(([, schema]) => "const" in schema) ?? [];
  return name;
}

function takes(schema: Schema): string {
  if ("anyOf" in schema) return "a map, one of several";
  if ("enum" in schema) return schema.enum.map(code).join(", ");
  if ("const" in schema) return code(schema.const);
  if ("secret" in schema && schema.secret) return "a secret";
  const format = "format" in schema ? schema.format : undefined;
  if (format === "duration") return "a duration";
  if (format === "path") return "a path";
  if (schema.type === "array" && "items" in schema) return `a list: ${takes(schema.items)}`;
  if (schema.type === "object") return "a map";
  if (schema.type === "boolean") return "`true`, `false`";
  return schema.type === "integer" ? rangeOf(schema) : "a text";
}

function meaning(schema: Schema, required: boolean): string {
  const preset = "default" in schema ? schema.default : undefined;
  const parts = [
    ...(required ? ["required"] : []),
    ...("description" in schema && schema.description !== undefined ? [schema.description.replace(/\.$/, "")] : []),
    ...(preset === undefined || Array.isArray(preset) ? [] : [`default: ${code(preset)}`]),
  ];
  return cell(parts.join("; "));
}

if (import.meta.main) writeFileSync(pluginsPage, await renderPluginDocs());
