import type { OptionTree, Each } from "@rotate/runtime";
import { isRecord, nameOf, valueAt, type Fault, type Path } from "../fault.ts";
import { absolutePath, type FillContext } from "../fill.ts";
import { readInput, type Input } from "../input.ts";
import { isName } from "../names.ts";
import { parsePlainTemplate } from "../plain-template.ts";
import { readSource } from "../source.ts";
import { looksLikeTemplate } from "../template.ts";
import { scalarText } from "../scalar-text.ts";

/** A rotation as it stands in the document, or as `foreach` made it. */
export interface RawRotation {
  readonly name: string;
  readonly value: unknown;
  /** Where it stands in the document. */
  readonly path: Path;
  /** Where messages say it stands. */
  readonly shownPath: Path;
  readonly each: Each | undefined;
}

type Context = Pick<FillContext, "directory" | "home" | "report"> & {
  /** Is told of each list that was read. */
  readonly onList?: (list: Input) => void;
};

/** The rotations of a document, those with `foreach` once for each entry of their list. Faults of the lists are reported at the setting. */
export async function expandRotations(rotations: unknown, context: Context): Promise<readonly RawRotation[]> {
  if (!isRecord(rotations)) return [];
  const expanded = await Promise.all(Object.entries(rotations).map(([name, value]) => expand(name, value, context)));
  return expanded.flat();
}

async function expand(name: string, value: unknown, context: Context): Promise<readonly RawRotation[]> {
  const path = ["rotations", name];
  const settings = isRecord(value) ? value["foreach"] : undefined;
  if (settings === undefined) return [{ name, value, path, shownPath: path, each: undefined }];
  if (!isRecord(settings) || typeof settings["file"] !== "string" || typeof settings["key"] !== "string") return [];
  const at = [...path, "foreach"];
  const faults: Fault[] = [];
  const noting = { ...context, report: (fault: Fault): void => void faults.push({ ...fault, holdsBack: name }) };
  const entries = await readEntries(absolutePath(settings["file"], context), at, noting);
  const named = entriesByName(entries, settings["key"], { name, at, context: noting });
  lacking(value, named).forEach((message) => noting.report({ path: [...at, "file"], message }));
  faults.forEach(context.report);
  if (faults.length > 0) return [];
  return named.map(([key, each]) => {
    const made = `${name}.${key}`;
    return { name: made, value: fillIn(value as OptionTree, each, key), path, shownPath: ["rotations", made], each };
  });
}

/** The files of all lists that a document names. */
export function listsOf(rotations: unknown, context: Pick<Context, "directory" | "home">): readonly string[] {
  const files = Object.values(isRecord(rotations) ? rotations : {}).map((value) => valueAt(value, ["foreach", "file"]));
  return [...new Set(files.flatMap((file) => (typeof file === "string" ? [absolutePath(file, context)] : [])))];
}

async function readEntries(file: string, at: Path, { report, onList }: Context): Promise<readonly unknown[]> {
  const path = [...at, "file"];
  const input = await readInput({ file });
  if ("text" in input) onList?.(input);
  const list: List =
    "text" in input
      ? await readList(input.text)
      : { problem: input.message, hint: input.distrusted ? input.hint : unreadable };
  const { value, problem, hint } = list;
  if (problem !== undefined) report({ path, message: `the list ${file} cannot be used: ${problem}`, hint });
  return Array.isArray(value) ? value : [];
}

const unreadable = "`foreach.file` names a list that the user running rotate may read";

interface List {
  readonly value?: unknown;
  readonly problem?: string;
  readonly hint?: string | undefined;
}

async function readList(text: string): Promise<List> {
  const { value, faults } = await readSource(text);
  const [fault] = faults;
  if (fault !== undefined) return { problem: fault.message };
  if (!Array.isArray(value)) return { problem: "it is not a list", hint: "it holds a JSON or YAML list of objects" };
  if (value.length > 0) return { value };
  return { problem: "it is empty", hint: "an empty list would end every rotation made from it" };
}

interface Named {
  readonly name: string;
  readonly at: Path;
  readonly context: Context;
}

function entriesByName(
  entries: readonly unknown[],
  key: string,
  { name, at, context }: Named,
): readonly (readonly [string, Each])[] {
  const seen = new Set<string>();
  return entries.flatMap((entry, index) => {
    const each = eachOf(entry);
    const suffix = scalarText(each?.[key] ?? "");
    const problem =
      each === undefined ? "is not a flat object of texts and numbers" : problemOf(suffix, `${name}.${suffix}`, seen);
    seen.add(suffix);
    if (each !== undefined && problem === undefined) return [[suffix, each] as const];
    context.report({
      path: [...at, "file"],
      message: `${nameOf([...at, "file"])}: entry ${index + 1} ${problem ?? "is not usable"}`,
      hint: `each needs its own "${key}", which ends the rotation's name`,
    });
    return [];
  });
}

/** Keys that the rotation uses and that some of the entries have: one that none has is a slip of the spec, and is found there. */
function lacking(value: unknown, entries: readonly (readonly [string, Each])[]): readonly string[] {
  const used = new Set([...JSON.stringify(value).matchAll(/\beach\.(\w+)/g)].map(([, key = ""]) => key));
  return [...used].flatMap((key) => {
    const without = entries.filter(([, each]) => !Object.hasOwn(each, key)).map(([suffix]) => suffix);
    if (without.length === 0 || without.length === entries.length) return [];
    return [`the entries ${without.slice(0, 5).join(", ")} have no "${key}", which the rotation uses`];
  });
}

/** A value that looks like a template would become one inside the spec, so it is refused. */
function eachOf(entry: unknown): Each | undefined {
  if (!isRecord(entry)) return undefined;
  const flat = Object.values(entry).every((value) =>
    typeof value === "string" ? !looksLikeTemplate(value) : typeof value === "number" || typeof value === "boolean",
  );
  return flat ? (entry as Each) : undefined;
}

function problemOf(suffix: string, made: string, seen: ReadonlySet<string>): string | undefined {
  if (suffix === "") return "has no such key";
  if (seen.has(suffix)) return `repeats "${suffix}"`;
  return isName(made) ? undefined : `makes the name "${made}", which is not allowed`;
}

function fillIn(value: OptionTree, each: Each, key: string): OptionTree {
  const { foreach: _, sinks, renamedFrom, ...rest } = value;
  const renamed = typeof renamedFrom === "string" ? { renamedFrom: `${renamedFrom}.${key}` } : {};
  const filled = Array.isArray(sinks) ? sinks.map((sink: unknown) => fillSink(sink, each)) : sinks;
  return { ...(fillValue(rest, each) as OptionTree), ...renamed, sinks: filled };
}

/** Values keep `{{ each.… }}`: they are templates, and get the entry when they are rendered. */
function fillSink(sink: unknown, each: Each): unknown {
  if (!isRecord(sink) || !("values" in sink)) return fillValue(sink, each);
  const { values, ...options } = sink;
  return { ...(fillValue(options, each) as OptionTree), values };
}

function fillValue(value: unknown, each: Each): unknown {
  if (typeof value === "string") return fillText(value, each);
  if (Array.isArray(value)) return value.map((item) => fillValue(item, each));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fillValue(inner, each)]));
}

const alone = /^\{\{\s*each\.(\w+)\s*\}\}$/;
const anywhere = /\{\{\s*each\.\w+\s*(?:\|[^}]*)?\}\}/g;

/** A text that is nothing but one key of the entry becomes its value, a number a number. A key that the entry does not have stays as it is, and is found later. */
function fillText(text: string, each: Each): unknown {
  const key = alone.exec(text)?.[1];
  if (key !== undefined) return Object.hasOwn(each, key) ? each[key] : text;
  return text.replace(anywhere, (written) => {
    const template = parsePlainTemplate(written);
    const [, part = ""] = template?.variables[0] ?? [];
    return template !== undefined && Object.hasOwn(each, part) ? template.render({ each }) : written;
  });
}
