import { defineSink } from "@rotate/plugin-kit";
import {
  checkFile,
  fileOptions,
  filePath,
  readTarget,
  stageFile,
  stampOfFile,
  tidyFile,
} from "@rotate/plugin-kit/files";
import { invalid } from "./fault.ts";
import { likely, reveal } from "./values.ts";

/** The sink `file`: one template makes the whole content (a token file, pgpass, .npmrc, an INI file, an application's configuration). */
export const file = defineSink({
  type: "file",
  options: { type: "object", properties: { path: filePath, ...fileOptions }, required: ["path"] },
  keys: { pattern: "^content$", description: "content: the whole file" },
  target: ({ path }) => path,

  check: (ctx) =>
    checkFile(ctx.options.path, { ...ctx.options, ctx, edit: () => contentOf(likely({ keys: ["content"], ...ctx })) }),

  prepare(values, ctx) {
    const content = contentOf(reveal(values));
    return stageFile(ctx.options.path, () => content, { ...ctx.options, ctx });
  },

  async read(keys, { options: { path }, secret }) {
    const bytes = keys.includes("content") ? await readTarget(path) : undefined;
    return bytes === undefined ? {} : { content: secret(bytes.toString(), "content") };
  },

  stamp: stampOfFile,
  tidy: (ctx) => tidyFile(ctx.options.path, ctx),
});

/** An empty file would be a broken credential. */
function contentOf({ content = "" }: Readonly<Record<string, string>>): Buffer {
  const bytes = Buffer.from(content);
  if (bytes.length > 0) return bytes;
  throw invalid("the content is empty", "give values: { content: … } a template that is not");
}
