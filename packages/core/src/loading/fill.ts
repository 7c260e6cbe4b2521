import { RotateError, type ObjectSchema, type Schema, type UnionSchema } from "@rotate/plugin-kit";
import { discriminatorOf, parseDuration } from "@rotate/plugin-kit/grammar";
import { isAbsolute, join, normalize, resolve } from "node:path";
import {
  reference,
  templateOption,
  type Reference,
  type Source,
  formatDuration,
  type OptionTree,
  type Template,
} from "@rotate/runtime";
import { isRecord, nameOf, type Fault, type Path } from "./fault.ts";
import { looksLikeTemplate } from "./template.ts";

/** What the options of one part are filled with. */
export interface FillContext {
  /** What relative paths are relative to; absolute. */
  readonly directory: string;
  /** What `~/` stands for. */
  readonly home: string;
  readonly report: (fault: Fault) => void;
  /** Parses a template; undefined where none may stand. It reports what is wrong with it, and then gives undefined. */
  readonly template?: ((source: string, path: Path) => Template | undefined) | undefined;
}

/** Where the options stand in the document, and what they are filled with. */
export interface At {
  readonly path: Path;
  readonly context: FillContext;
}

/**
 * Options as the engine keeps them, from options that passed the schema: defaults filled, durations in milliseconds, paths absolute,
 * references and templates as objects. What the schema cannot say (a duration out of its bounds) is reported.
 */
export function fillOptions(schema: ObjectSchema, value: unknown, { path, context }: At): OptionTree {
  const given = isRecord(value) ? value : {};
  const filled: Record<string, unknown> = {};
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    const option = Object.hasOwn(given, key) ? given[key] : defaultOf(property);
    if (option !== undefined) filled[key] = fill(property, option, { path: [...path, key], context });
  }
  if (!schema.additionalProperties) return filled;
  for (const [key, option] of Object.entries(given)) {
    if (!Object.hasOwn(filled, key))
      filled[key] = fill(schema.additionalProperties, option, { path: [...path, key], context });
  }
  return filled;
}

function defaultOf(schema: Schema): unknown {
  return "default" in schema ? schema.default : undefined;
}

function fill(schema: Schema, value: unknown, at: At): unknown {
  if ("anyOf" in schema) return fillUnion(schema, value, at);
  if (!("type" in schema)) return value;
  if (schema.type === "object") return fillOptions(schema, value, at);
  if (schema.type === "array") {
    return (value as readonly unknown[]).map((item, index) =>
      fill(schema.items, item, { ...at, path: [...at.path, index] }),
    );
  }
  return schema.type === "string" ? fillString(schema, value, at) : value;
}

function fillUnion(schema: UnionSchema, value: unknown, at: At): unknown {
  const discriminator = discriminatorOf(schema);
  const member = discriminator?.members.get((value as OptionTree)[discriminator.tag]);
  return member === undefined ? value : fillOptions(member, value, at);
}

type StringSchema = Extract<Schema, { readonly type: "string" }>;

function fillString(schema: StringSchema, value: unknown, at: At): unknown {
  if (isRecord(value)) return referenceOf(value, schema, at);
  const text = String(value);
  if (schema.secret === true) {
    const template = at.context.template?.(text, at.path);
    return template === undefined ? undefined : templateOption(template);
  }
  if (schema.format === "duration") return durationOf(schema, text, at);
  if (schema.template === true && looksLikeTemplate(text)) return plainTemplateOf(text, at);
  return schema.format === "path" ? pathOf(text, at) : text;
}

/** Where there is no new credential, the text stays as it is: `refuseStrayTemplates` tells of it. */
function plainTemplateOf(text: string, { path, context }: At): unknown {
  if (context.template === undefined) return text;
  const template = context.template(text, path);
  return template === undefined ? undefined : templateOption(template, true);
}

function referenceOf(value: OptionTree, schema: StringSchema, { context }: At): Reference {
  const source = sourceOf(value, context);
  if (schema.secret === true) return reference(source, true);
  return reference(source, false, finisherOf(schema, context));
}

/** Where a text is read, from a reference that passed the schema; a file's path becomes absolute. What an alias that leads nowhere left is no text, and was told of. */
function sourceOf(value: OptionTree, context: FillContext): Source {
  return "file" in value ? { file: absolutePath(String(value["file"]), context) } : (value as unknown as Source);
}

/** A text that is read later is held to the same format as one in the spec. */
function finisherOf(schema: StringSchema, context: FillContext): Reference["finish"] {
  const { format } = schema as { readonly format?: string };
  if (format === "path") return (text) => absolutePath(text, context);
  if (format !== "duration") return undefined;
  return (text) => {
    const problem = durationProblem(schema, text);
    if (problem === undefined) return parseDuration(text);
    throw new RotateError(`a referenced duration ${problem}`, {
      code: "INVALID",
      retryable: false,
      hint: "write it as 90s, 50m or 1h30m",
    });
  };
}

function durationOf(schema: StringSchema, text: string, { path, context }: At): number | undefined {
  const problem = durationProblem(schema, text);
  if (problem === undefined) return parseDuration(text);
  context.report({ path, message: `${nameOf(path)} ${problem}` });
  return undefined;
}

function durationProblem(schema: StringSchema, text: string): string | undefined {
  const { min, max } = schema as { readonly min?: string; readonly max?: string };
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) return "is no duration";
  if (min !== undefined && milliseconds < (parseDuration(min) ?? 0))
    return `is ${formatDuration(milliseconds)}; at least ${min} is needed`;
  if (max !== undefined && milliseconds > (parseDuration(max) ?? Infinity))
    return `is ${formatDuration(milliseconds)}; at most ${max} is possible`;
  return undefined;
}

function pathOf(text: string, { path, context }: At): string {
  if (text.includes("\0")) context.report({ path, message: `${nameOf(path)} holds a null character` });
  return absolutePath(text, context);
}

/** A path of the spec, absolute: relative ones are relative to the spec, `~/` is the user's home, nothing else is expanded. */
export function absolutePath(text: string, { directory, home }: Pick<FillContext, "directory" | "home">): string {
  if (text === "~" || text.startsWith("~/")) return join(home, text.slice(1));
  return isAbsolute(text) ? normalize(text) : resolve(directory, text);
}
