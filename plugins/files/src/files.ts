import { defineSink } from "@rotate/plugin-kit";
import { accessOptions, checkSet, filePath, readSet, stageSet, tidySet } from "@rotate/plugin-kit/files";
import { invalid } from "./fault.ts";
import { likely, reveal, wrap } from "./values.ts";

/** The sink `files`: files that only work together, such as a certificate and its key. They change in one instant, by one symbolic link. */
export const files = defineSink({
  type: "files",
  options: {
    type: "object",
    properties: {
      path: {
        ...filePath,
        description:
          "The directory that readers open; rotate makes it, as a symbolic link to a directory of its own beside it.",
      },
      ...accessOptions,
    },
    required: ["path"],
  },
  keys: {
    pattern: "^[A-Za-z0-9_][A-Za-z0-9._-]{0,254}$",
    description: "a file name inside the directory, such as tls.key",
  },
  target: ({ path }) => path,

  check: (ctx) => checkSet(ctx.options.path, { ...ctx.options, ctx, contents: contentsOf(likely(ctx)) }),

  prepare(values, ctx) {
    return stageSet(ctx.options.path, contentsOf(reveal(values)), { ...ctx.options, ctx });
  },

  async read(keys, { options: { path }, secret }) {
    const all = await readSet(path);
    const found = keys.flatMap((key) => {
      const bytes = all.get(key);
      return bytes === undefined ? [] : [[key, bytes.toString()] as const];
    });
    return wrap(Object.fromEntries(found), secret);
  },

  tidy: (ctx) => tidySet(ctx.options.path, ctx),
});

/** An empty file would be a broken credential. */
function contentsOf(texts: Readonly<Record<string, string>>): ReadonlyMap<string, Buffer> {
  const empty = Object.keys(texts).find((name) => texts[name] === "");
  if (empty === undefined) return new Map(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)]));
  throw invalid(`the content of ${empty} is empty`, "give it a template that is not");
}
