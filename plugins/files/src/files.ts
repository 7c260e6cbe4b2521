import { defineSink } from "@rotate/plugin-kit";
import { accessOptions, checkSet, filePath, readSet, stageSet } from "@rotate/plugin-kit/files";
import { reveal, wrap } from "./values.ts";

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

  check: (ctx) => checkSet(ctx.options.path, { ...ctx.options, ctx }),

  prepare(values, ctx) {
    const contents = new Map(Object.entries(reveal(values)).map(([name, text]) => [name, Buffer.from(text)]));
    return stageSet(ctx.options.path, contents, { ...ctx.options, ctx });
  },

  async read(keys, { options: { path }, secret }) {
    const all = await readSet(path);
    const found = keys.flatMap((key) => {
      const bytes = all.get(key);
      return bytes === undefined ? [] : [[key, bytes.toString()] as const];
    });
    return wrap(Object.fromEntries(found), secret);
  },
});
