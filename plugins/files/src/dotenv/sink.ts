import { defineSink, type Values } from "@rotate/plugin-kit";
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
import { type Dialect, dialects } from "./dialect.ts";
import { editDotenv, readDotenv, revertDotenv } from "./edit.ts";
import { needsQuotes } from "./literal.ts";

/** The sink `dotenv`: keys of an `.env` file. Touches only these; comments, order, `export`, line ends and everything else stay byte for byte. */
export const dotenv = defineSink({
  type: "dotenv",
  options: {
    type: "object",
    properties: {
      path: filePath,
      dialect: {
        enum: dialects,
        default: "shell",
        description:
          "Who reads the file. shell: shells and the dotenv libraries. dotenv: the libraries only. docker: docker run --env-file. compose: docker compose (.env, env_file). systemd: EnvironmentFile.",
      },
      ...fileOptions,
    },
    required: ["path"],
  },
  keys: { pattern: "^[A-Za-z_][A-Za-z0-9_]*$", description: "an environment variable name" },
  target: ({ path }) => path,
  // What is in the environment stays there: the dotenv libraries (unless told to override) and docker compose (its .env) say so.
  shadowedBy: (keys, { dialect }) => (dialect === "docker" || dialect === "systemd" ? [] : keys),

  check(ctx) {
    const { path, dialect } = ctx.options;
    return checkFile(path, { ...ctx.options, ctx, edit: (before) => editDotenv(before, likely(ctx), dialect) });
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

  stamp: stampOfFile,
  tidy: (ctx) => tidyFile(ctx.options.path, ctx),
});

/** docker run --env-file takes quotes as part of the value. Said once, when the file is written first. */
function warnOfQuotes(values: Values, { options, log, ours }: Quoting): void {
  if (options.dialect !== "shell" || ours === true) return;
  const keys = Object.entries(reveal(values)).flatMap(([key, value]) =>
    needsQuotes(value, options.dialect) ? [key] : [],
  );
  if (keys.length > 0)
    log.warn("values are written in quotes, which docker run --env-file would keep", { keys, path: options.path });
}

interface Quoting {
  readonly ours?: boolean;
  readonly options: { readonly path: string; readonly dialect: Dialect };
  readonly log: { readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void };
}
