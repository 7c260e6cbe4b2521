import { type FileEditing, type Sink, type SinkContext, type Values } from "../sink.ts";
import type { PartFacts } from "../part.ts";
import type { Infer, ObjectSchema, OnlySchemaWords } from "../schema.ts";
import { Secret } from "../secret.ts";
import { checkFile } from "./check.ts";
import { fileOptions, type FileOptions, filePath } from "./options.ts";
import { stageFile, tidyFile } from "./stage.ts";
import { stampOfFile } from "./stamp.ts";
import { readTarget } from "./target.ts";

/** What an edit is given beside the file and the values: its own options, and the path. */
export type FileSinkOptions<O> = Infer<O> & { readonly path: string };

/** A sink of one file as its author writes it: how its content is edited. Whoever runs it reads, stages, replaces and puts back the file. */
export interface FileSinkDefinition<O> extends Pick<PartFacts<Infer<O>>, "scope"> {
  /** The word in the spec. */
  readonly type: string;
  /** Its own options; `path`, `mode`, `owner` and the other options of files are added. */
  readonly options: O & OnlySchemaWords<O>;
  /** What a key of `values` may be. */
  readonly keys: { readonly pattern: string; readonly description: string };
  /**
   * All that the file shall hold. Pure: the same file and values give the same content, and it may be asked several times, with values that are none.
   * @param before what it holds; undefined: it does not exist
   */
  edit(before: Buffer | undefined, values: Values, options: FileSinkOptions<O>): Buffer | string;
  /** What those keys hold in this content; a missing key is left out. Pure. Without it drift is not seen. */
  read?(content: Buffer, keys: readonly string[], options: FileSinkOptions<O>): Readonly<Record<string, string>>;
}

/** The options of a file sink: its own, the path and those that all share. */
export function fileSinkSchema(own: ObjectSchema): ObjectSchema {
  const { properties = {}, required = [] } = own;
  return { ...own, properties: { path: filePath, ...properties, ...fileOptions }, required: ["path", ...required] };
}

/** Values of the shape that will be written: the engine's samples, and some letters where it has none. */
export function likelyValues({ keys = [], samples = {} }: Pick<SinkContext, "keys" | "samples">): Values {
  return { ...Object.fromEntries(keys.map((key) => [key, new Secret("sample", key)])), ...samples };
}

/** Checks a file sink's definition, and makes the sink. The only form in which a plugin by others writes files. */
export function defineFileSink<const O extends ObjectSchema>(definition: FileSinkDefinition<O>): Sink {
  const { type, keys, scope } = definition;
  const { edit, read, options } = definition as unknown as FileEditing;
  type Own = SinkContext<FileSinkOptions<O> & Partial<FileOptions>>;
  function edited(values: Values, { options: given }: Pick<Own, "options">): (before: Buffer | undefined) => Buffer {
    return (before) => Buffer.from(edit(before, values, given) as string);
  }
  const made = {
    type,
    options: fileSinkSchema(options),
    keys,
    ...(scope !== undefined && { scope }),
    target: ({ path }: { readonly path: string }) => path,
    check: (ctx: Own) => checkFile(ctx.options.path, { ...ctx.options, ctx, edit: edited(likelyValues(ctx), ctx) }),
    prepare: (values: Values, ctx: Own) => stageFile(ctx.options.path, edited(values, ctx), { ...ctx.options, ctx }),
    ...(read && {
      async read(names: readonly string[], ctx: Own) {
        const content = await readTarget(ctx.options.path);
        const found = content === undefined ? {} : read(content, names, ctx.options);
        return Object.fromEntries(Object.entries(found).map(([key, text]) => [key, ctx.secret(text, key)]));
      },
    }),
    stamp: stampOfFile,
    tidy: (ctx: Own) => tidyFile(ctx.options.path, ctx),
    fileSink: { options, edit, ...(read && { read }) },
  };
  return made;
}
