import { isRotateError } from "@rotate/plugin-kit";
import { isReference, isTemplateOption, type OptionTree, type Template } from "@rotate/runtime";
import { coordinatorKeys, notifierKeys, probeKeys, reloadKeys, sinkKeys } from "../engine-keys.ts";
import { formatPath, isRecord, nameOf, type Path } from "../fault.ts";
import { fillOptions, type FillContext } from "../fill.ts";
import type {
  GroupEntry,
  NotifierEntry,
  ProbeEntry,
  ProviderEntry,
  ReloadEntry,
  ReloadGroup,
  SinkEntry,
} from "../model.ts";
import { bindTemplate, type Nameable } from "./bind-template.ts";
import type { Compilation } from "./context.ts";
import { described, identityOf } from "./identity.ts";

/** A value of the document and its place in it. */
export interface Located {
  readonly value: unknown;
  readonly path: Path;
  /** How messages and `where` name the place; differs from `path` for what `foreach` made. */
  readonly shownPath?: Path;
}

/** A sink as the checks between sinks need it. */
export interface CompiledSink {
  readonly entry: SinkEntry;
  readonly path: Path;
  /** Every field that its templates name. */
  readonly fields: readonly string[];
  readonly partial: boolean;
}

/** The value of a part, when the schema found no fault in it. */
export function recordAt({ value, path }: Located, { isSound }: Compilation): OptionTree | undefined {
  return isRecord(value) && isSound(path) ? value : undefined;
}

/** How messages name the place. */
export function whereOf({ path, shownPath }: Located): string {
  return formatPath(shownPath ?? path);
}

/** A provider's entry; undefined when its type is not known. With a fault it has no options: its fields still serve to check templates. */
export function compileProvider(name: string, located: Located, compilation: Compilation): ProviderEntry | undefined {
  const { value, path } = located;
  const part = isRecord(value) ? compilation.parts.get("providers", value["type"]) : undefined;
  if (part === undefined) return undefined;
  const options = compilation.isSound(path)
    ? fillOptions(part.options, value, { path, context: compilation.fill })
    : {};
  return { name, part, type: part.type, options, where: whereOf(located) };
}

/** A reload; undefined when it has a fault. `named` is its key under `reloads`. */
export function compileReload(
  named: string | undefined,
  located: Located,
  compilation: Compilation,
): (ReloadEntry & { readonly onFailure: string | undefined }) | undefined {
  const value = recordAt(located, compilation);
  const part = compilation.parts.get("reloads", value?.["type"]);
  if (value === undefined || part === undefined) return undefined;
  const at = { path: located.path, context: compilation.fill };
  const options = fillOptions(part.options, value, at);
  const keys = fillOptions(reloadKeys, value, at) as {
    readonly timeout: number;
    readonly continueOnError: boolean;
    readonly settle: number;
    readonly group?: ReloadGroup;
    readonly onFailure?: string;
  };
  const id = identityOf({ type: part.type, options });
  return {
    ...keys,
    group: keys.group,
    part,
    type: part.type,
    options,
    id,
    name: named,
    where: whereOf(located),
    onFailure: keys.onFailure,
  };
}

/** A probe; undefined when it has a fault. In `verify`, its secret options, and others that say so, may be templates of the new credential. */
export function compileProbe(
  { in: list, ...located }: Located & { readonly in: "verify" | "health" },
  names: Nameable,
  compilation: Compilation,
): ProbeEntry | undefined {
  const value = recordAt(located, compilation);
  const part = compilation.parts.get("probes", value?.["type"]);
  if (value === undefined || part === undefined) return undefined;
  const context = list === "health" ? compilation.fill : withTemplates(names, compilation);
  const options = fillOptions(part.options, value, { path: located.path, context });
  const keys = fillOptions(probeKeys, value, { path: located.path, context }) as {
    readonly timeout: number;
    readonly within: number;
  };
  const hint = list === "health" ? noCredential : inProbe;
  refuseStrayTemplates(options, names, { located, compilation, hint });
  return { ...keys, part, type: part.type, options, where: whereOf(located) };
}

/** A notifier; undefined when it has a fault. */
export function compileNotifier(located: Located, compilation: Compilation): NotifierEntry | undefined {
  const value = recordAt(located, compilation);
  const part = compilation.parts.get("notifiers", value?.["type"]);
  if (value === undefined || part === undefined) return undefined;
  const at = { path: located.path, context: compilation.fill };
  const options = fillOptions(part.options, value, at);
  const keys = fillOptions(notifierKeys, value, at) as Pick<NotifierEntry, "on" | "after" | "remind">;
  const id = identityOf({ type: part.type, options });
  return { ...keys, part, type: part.type, options, id, where: whereOf(located) };
}

/** An entry of `groups`; undefined when it has a fault. */
export function compileGroup(name: string, located: Located, compilation: Compilation): GroupEntry | undefined {
  const value = recordAt(located, compilation);
  const part = compilation.parts.get("coordinators", value?.["type"]);
  if (value === undefined || part === undefined) return undefined;
  const at = { path: located.path, context: compilation.fill };
  const { deadAfter } = fillOptions(coordinatorKeys, value, at) as Pick<GroupEntry, "deadAfter">;
  const options = fillOptions(part.options, value, at);
  return { name, deadAfter, part, type: part.type, options, where: whereOf(located) };
}

/** A sink; undefined when it has a fault. Its values are checked in any case. */
export function compileSink(located: Located, names: Nameable, compilation: Compilation): CompiledSink | undefined {
  const { value, path } = located;
  const part = isRecord(value) ? compilation.parts.get("sinks", value["type"]) : undefined;
  if (!isRecord(value) || part === undefined) return undefined;
  const seen: Template[] = [];
  const context = withTemplates(names, compilation, (template) => seen.push(template));
  const values = valuesOf(value["values"], [...path, "values"], context);
  if (!compilation.isSound(path)) return undefined;
  const options = fillOptions(part.options, value, { path, context });
  const { partial } = fillOptions(sinkKeys, value, { path, context }) as { readonly partial: boolean };
  refuseStrayTemplates(options, names, { located, compilation });
  const target = targetOf(() => part.target(described(options)), located, compilation);
  const id = identityOf({ type: part.type, target, keys: Object.keys(values).toSorted() });
  const entry = { part, type: part.type, options, id, target, values, where: whereOf(located) };
  const fields = names.fields === undefined ? [] : [...new Set(seen.flatMap((template) => template.fields))];
  return { entry, path, fields, partial };
}

/** Options in which templates of these names may stand. */
export function withTemplates(
  names: Nameable,
  { fill, parse, report }: Compilation,
  onTemplate?: (template: Template) => void,
): FillContext {
  return {
    ...fill,
    template: (source, path) => {
      const template = bindTemplate(source, names, { path, parse, report });
      if (template !== undefined) onTemplate?.(template);
      return template;
    },
  };
}

function valuesOf(values: unknown, path: Path, { template }: FillContext): Readonly<Record<string, Template>> {
  if (!isRecord(values)) return {};
  const bound = Object.entries(values).flatMap(([key, source]) => {
    const one = typeof source === "string" ? template?.(source, [...path, key]) : undefined;
    return one === undefined ? [] : [[key, one] as const];
  });
  return Object.fromEntries(bound);
}

function targetOf(target: () => string, { path }: Located, { report }: Compilation): string {
  try {
    return target();
  } catch (error) {
    report({
      path,
      message: `${nameOf(path)} names no target`,
      hint: isRotateError(error) ? error.message : "a fault of the plugin",
    });
    return "";
  }
}

const inProbe = "here templates stand in secret options, and in those that are told to what is probed, such as `user`";
/** What runs after the write may run again in another process, which has no credential in memory. */
export const noCredential =
  "the credential is no longer at hand here: let it read what a sink wrote, as in { file: … }";

/** Text in double braces is left alone (many commands have templates of their own), unless it names a field of this very credential, or an entry. */
export function refuseStrayTemplates(
  options: unknown,
  { fields }: Nameable,
  {
    located,
    compilation,
    hint: otherwise = "templates stand in `values` and in secret options",
  }: { readonly located: Located; readonly compilation: Compilation; readonly hint?: string },
): void {
  for (const { path, text } of textsIn(options, located.path)) {
    const names = [...text.matchAll(/\{\{-?\s*([\w-]+)/g)].map(([, name = ""]) => name);
    const name = names.find((word) => word === "each" || (fields !== undefined && Object.hasOwn(fields, word)));
    if (name === undefined) continue;
    const hint =
      name === "each" ? "is it a key of the list's entries? only plain {{ each.key }} can stand here" : otherwise;
    compilation.report({ path, message: `${nameOf(path)} cannot hold this template`, hint, word: name });
  }
}

function textsIn(value: unknown, path: Path): readonly { readonly path: Path; readonly text: string }[] {
  if (typeof value === "string") return value.includes("{{") ? [{ path, text: value }] : [];
  if (Array.isArray(value)) return value.flatMap((item, index) => textsIn(item, [...path, index]));
  if (isReference(value) || isTemplateOption(value)) return [];
  return isRecord(value) ? Object.entries(value).flatMap(([key, inner]) => textsIn(inner, [...path, key])) : [];
}
