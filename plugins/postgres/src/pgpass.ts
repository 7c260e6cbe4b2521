import { defineSink, invalid, type Values } from "@rotate/plugin-kit";
import {
  checkFile,
  fileOptions,
  filePath,
  readTarget,
  stageFile,
  stampOfFile,
  tidyFile,
} from "@rotate/plugin-kit/files";
import { editPgpass, lineAbove, readPgpass, revertPgpass, type PgpassEntry } from "./pgpass/lines.ts";

const word = { type: "string", minLength: 1, default: "*" } as const;

/** The sink `pgpass`: one line of a password file, which libpq reads at each connection. Other lines stay byte for byte. */
export const pgpass = defineSink({
  type: "pgpass",
  options: {
    type: "object",
    properties: {
      path: filePath,
      host: { type: "string", minLength: 1, description: "As the application names it; for a socket its directory." },
      port: { type: "integer", minimum: 1, maximum: 65_535, description: "Default: any." },
      database: { ...word, description: "Default: any." },
      user: { ...word, description: "Default: any." },
      ...fileOptions,
    },
    required: ["path", "host"],
  },
  keys: { pattern: "^password$", description: "password: what stands behind the last colon" },
  target: (options) => `${options.path} [${Object.values(entryOf(options)).join(":")}]`,
  // libpq asks the file only when it was given no password otherwise.
  shadowedBy: () => ["PGPASSWORD"],
  writes: (options) => [{ path: options.path, section: Object.values(entryOf(options)).join(":") }],

  async check(ctx) {
    const entry = entryOf(ctx.options);
    const { mode = "0600" } = ctx.options;
    if ((Number.parseInt(mode, 8) & 0o077) !== 0)
      throw invalid(`libpq does not read a password file with the mode ${mode}`, 'leave mode out, or say "0600"');
    const edit = (before: Buffer | undefined) => editPgpass(before, entry, passwordOf(ctx.samples));
    await checkFile(ctx.options.path, { ...ctx.options, mode, ctx, edit });
    const above = lineAbove(await readTarget(ctx.options.path), entry);
    if (above !== undefined && ctx.ours === true)
      ctx.log.warn("a line above fits as well, and libpq takes the first", { path: ctx.options.path, line: above });
  },

  async prepare(values, ctx) {
    const entry = entryOf(ctx.options);
    const password = passwordOf(values);
    return stageFile(ctx.options.path, (before) => editPgpass(before, entry, password), {
      ...ctx.options,
      mode: ctx.options.mode ?? "0600",
      ctx,
      revert: (now, versions) => revertPgpass(now, versions, entry),
    });
  },

  async read(keys, { options, secret }) {
    const text = keys.includes("password") ? readPgpass(await readTarget(options.path), entryOf(options)) : undefined;
    return text === undefined ? {} : { password: secret(text, "password") };
  },

  stamp: stampOfFile,
  tidy: (ctx) => tidyFile(ctx.options.path, ctx),
});

function entryOf({ host, port, database, user }: Omit<PgpassEntry, "port"> & { readonly port?: number | undefined }) {
  return { host, port: port === undefined ? "*" : String(port), database, user };
}

function passwordOf(values: Values = {}): string {
  return values["password"]?.reveal() ?? "sample";
}
