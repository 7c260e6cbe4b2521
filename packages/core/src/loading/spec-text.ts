import type { ObjectSchema, Schema } from "@rotate/plugin-kit";
import { discriminatorOf } from "@rotate/plugin-kit/grammar";
import type { Document, Pair } from "yaml";
import { isRecord, valueAt, type Path } from "./fault.ts";
import type { Catalog } from "./catalog.ts";
import { partPlacesOf } from "./part-places.ts";
import { scalarText } from "./scalar-text.ts";

/** What is said around a spec. Lines without a comment sign. */
export interface SpecTextOptions {
  /** Above everything. */
  readonly head: readonly string[];
  /** Below the last rotation, indented as its keys are: what many come to want. */
  readonly tail: readonly string[];
}

/** The text of a spec that is plain data, with what its options mean beside them. YAML. */
export async function specText(spec: object, catalog: Catalog, { head, tail }: SpecTextOptions): Promise<string> {
  const { Document, isMap, isPair, isScalar, isSeq } = await import("yaml");
  const document = new Document(spec);
  const meanings = await meaningsOf(spec, catalog);

  function annotate(node: unknown, path: Path): void {
    if (isSeq(node)) node.items.forEach((item, index) => annotate(item, [...path, index]));
    if (!isMap(node)) return;
    for (const pair of node.items) {
      if (!isPair(pair) || !isScalar(pair.key)) continue;
      const here = [...path, String(pair.key.value)];
      if (path.length === 0 && here[0] !== "version") pair.key.spaceBefore = true;
      const isList = isSeq(pair.value) && pair.value.items.every((item) => isScalar(item));
      if (isList && isSeq(pair.value)) pair.value.flow = true;
      explain(pair, meanings(here), isScalar(pair.value) || isList);
      annotate(pair.value, here);
    }
  }

  annotate(document.contents, []);
  return [...comment(head, ""), textOf(document).trimEnd(), ...comment(tail, "    "), ""].join("\n");
}

function textOf(document: Document): string {
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

function comment(lines: readonly string[], indent: string): readonly string[] {
  return lines.map((line) => `${indent}# ${line}`.trimEnd());
}

/** `A file` says nothing that the key does not say; more than a line is for the reference. */
const shortest = 12;
const longest = 90;

function explain({ key, value }: Pair, meaning: string | undefined, isShort: boolean): void {
  if (meaning === undefined) return;
  const node = (isShort ? value : key) as { comment?: string; commentBefore?: string };
  if (isShort) node.comment = ` ${meaning}`;
  else node.commentBefore = ` ${meaning}`;
}

/** What the key at a path means, by the schemas of the parts that are used. */
async function meaningsOf(spec: object, catalog: Catalog): Promise<(path: Path) => string | undefined> {
  const rotations = Object.entries(valueAt(spec, ["rotations"]) ?? {}).map(([name, value]) => {
    const path = ["rotations", name];
    return { name, value, path, shownPath: path, each: undefined };
  });
  const places = partPlacesOf(spec, rotations);
  const roots: (readonly [base: Path, schema: ObjectSchema])[] = [];
  for (const { kind, value, path } of places) {
    const part = await catalog.find(kind, scalarText(value["type"]));
    if (part !== undefined) roots.push([path, part.options]);
  }
  for (const { path, value } of rotations) {
    const type = valueAt(spec, ["providers", scalarText(valueAt(value, ["provider"])), "type"]);
    const request = (await catalog.find("providers", scalarText(type)))?.request;
    if (request !== undefined) roots.push([[...path, "request"], request]);
  }
  return (path) => {
    const root = roots.find(([base]) => base.length < path.length && base.every((step, index) => step === path[index]));
    return root && meaningAt(root[1], path.slice(root[0].length), valueAt(spec, root[0]));
  };
}

function meaningAt(root: ObjectSchema, path: Path, value: unknown): string | undefined {
  let schema: Schema | undefined = root;
  let at = value;
  for (const step of path) {
    schema = schema && below(schema, step, at);
    at = valueAt(at, [step]);
  }
  const { description = "" } = (schema ?? {}) as { readonly description?: string };
  const [sentence = ""] = description.split(/(?<=[.;]) /);
  const isTelling = sentence.length >= shortest && sentence.length <= longest && !sentence.endsWith(":");
  return isTelling ? sentence.replace(/[.;]$/, "") : undefined;
}

function below(schema: Schema, step: Path[number], value: unknown): Schema | undefined {
  if ("anyOf" in schema) {
    const discriminator = discriminatorOf(schema);
    const tag = isRecord(value) ? value[discriminator?.tag ?? ""] : undefined;
    const member = discriminator?.members.get(tag);
    return step === discriminator?.tag
      ? member && { type: "string", description: member.description ?? "" }
      : member && below(member, step, value);
  }
  return "type" in schema && schema.type === "object" ? schema.properties?.[step] : undefined;
}
