import { defineSink, type Sink } from "@rotate/plugin-kit";
import {
  checkFile,
  fileOptions,
  filePath,
  readTarget,
  stageFile,
  stampOfFile,
  tidyFile,
} from "@rotate/plugin-kit/files";
import { likely, reveal, wrap } from "../values.ts";
import { editDocument, readDocument } from "./edit.ts";
import type { Language } from "./language.ts";
import { pointerKeys } from "./pointer.ts";
import { revertDocument } from "./revert.ts";

/** A sink that sets text values at JSON Pointers in a document and keeps the rest of it, its order, indentation and comments. `load` brings the parser when it is used. */
export function documentSink(type: string, load: () => Promise<Language>): Sink {
  return defineSink({
    type,
    options: { type: "object", properties: { path: filePath, ...fileOptions }, required: ["path"] },
    keys: pointerKeys,
    target: ({ path }) => path,

    async check(ctx) {
      const language = await load();
      await checkFile(ctx.options.path, {
        ...ctx.options,
        ctx,
        edit: (before) => editDocument(language, before, likely(ctx)),
      });
    },

    async prepare(values, ctx) {
      const language = await load();
      return stageFile(ctx.options.path, (before) => editDocument(language, before, reveal(values)), {
        ...ctx.options,
        ctx,
        revert: (now, versions) => revertDocument(language, versions, { now, pointers: Object.keys(values) }),
      });
    },

    async read(keys, { options: { path }, secret }) {
      const language = await load();
      return wrap(readDocument(language, await readTarget(path), keys), secret);
    },

    stamp: stampOfFile,
    tidy: (ctx) => tidyFile(ctx.options.path, ctx),
  });
}
