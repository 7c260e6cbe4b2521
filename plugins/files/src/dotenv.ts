import { defineSink, type Values } from "@rotate/plugin-kit";
import { checkFile, fileOptions, filePath, readTarget, stageFile } from "@rotate/plugin-kit/files";
import { editDotenv, needsQuotes, readDotenv, revertDotenv } from "./dotenv-edit.ts";
import { reveal, wrap } from "./values.ts";

/** The sink `dotenv`: keys of an `.env` file. Touches only these; comments, order, `export`, line ends and everything else stay byte for byte. */
export const dotenv = defineSink({
  type: "dotenv",
  options: {
    type: "object",
    properties: {
      path: filePath,
      dialect: {
        enum: ["shell", "docker"],
        default: "shell",
        description:
          "shell: quoted only where every reader but docker's agrees. docker: never quoted, for docker run --env-file and env_file.",
      },
      ...fileOptions,
    },
    required: ["path"],
  },
  keys: { pattern: "^[A-Za-z_][A-Za-z0-9_]*$", description: "an environment variable name" },
  target: ({ path }) => path,

  check(ctx) {
    const { path, dialect } = ctx.options;
    const inspect = (before: Buffer | undefined): unknown => readDotenv(before, ctx.keys ?? [], dialect);
    return checkFile(path, { ...ctx.options, ctx, inspect });
  },

  async prepare(values, ctx) {
    const { path, dialect } = ctx.options;
    if (ctx.ours !== true) warnOfQuotes(values, ctx); // told when it is first written, not at each rotation
    return stageFile(path, (before) => editDotenv(before, reveal(values), dialect), {
      ...ctx.options,
      ctx,
      revert: (now, versions) => revertDotenv(now, versions, { keys: Object.keys(values), dialect }),
    });
  },

  async read(keys, { options: { path, dialect }, secret }) {
    return wrap(readDotenv(await readTarget(path), keys, dialect), secret);
  },
});

/** docker run --env-file takes quotes as part of the value. */
function warnOfQuotes(values: Values, { options, log }: Quoting): void {
  const keys = Object.entries(reveal(values)).flatMap(([key, value]) =>
    needsQuotes(value, options.dialect) ? [key] : [],
  );
  if (keys.length > 0)
    log.warn("values are written in quotes, which docker run --env-file would keep", { keys, path: options.path });
}

interface Quoting {
  readonly options: { readonly path: string; readonly dialect: "shell" | "docker" };
  readonly log: { readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void };
}
