import { type Context, invalid } from "@rotate/plugin-kit";

/** How an env file reads: as `docker run --env-file` takes it (to the letter), or as Compose does (quotes are taken off). */
export type Dialect = "docker" | "compose";

/** Pairs in the order of the file. */
export type Variables = readonly (readonly [name: string, value: string])[];

function unquote(value: string, where: string): string {
  const text = value.trim();
  const single = /^'([^']*)'\s*(#.*)?$/.exec(text);
  if (single !== null) return single[1] ?? "";
  // What Compose would interpolate or unescape is not ours to guess at.
  const plain = /^[^'"`$\\]*$/.test(text);
  const double = /^"([^"\\$`]*)"\s*(#.*)?$/.exec(text);
  if (double !== null) return double[1] ?? "";
  if (plain) return text.replace(/\s+#.*$/, "");
  throw invalid(
    `${where} is quoted in a way that only Compose can read`,
    "write it bare or in single quotes, or let Compose recreate the service",
  );
}

/**
 * Reads the text of an env file. A name without `=` takes its value from `environment`, or is left out.
 * @param text the file's @param rules whose rules, and what the file is called in errors
 * Throws INVALID, never quoting a value.
 */
export function parseEnvFile(
  text: string,
  rules: {
    readonly dialect: Dialect;
    readonly path: string;
    readonly environment: Readonly<Record<string, string | undefined>>;
  },
): Variables {
  return text.split(/\r?\n/).flatMap((line, index): Variables => {
    const entry = line.trimStart();
    if (entry === "" || entry.startsWith("#")) return [];
    const where = `line ${index + 1} of ${rules.path}`;
    const [, name = "", rest] = /^(?:export\s+)?([^\s=]+)(?:=(.*))?$/s.exec(entry) ?? [];
    if (name === "") throw invalid(`${where} is not NAME=value`, "correct the env file");
    const value = rest ?? rules.environment[name];
    if (value === undefined) return [];
    return [[name, rules.dialect === "docker" || rest === undefined ? value : unquote(value, where)]];
  });
}

/** Reads env files; a later one wins. Throws what `ctx.readFile` throws. */
export async function readEnvFiles(
  paths: readonly string[],
  dialect: Dialect,
  { env: environment, readFile }: Pick<Context, "env" | "readFile">,
): Promise<ReadonlyMap<string, string>> {
  const init = { what: "env file", hint: "check `envFiles`: it is the file that the sink writes" };
  const read = paths.map(async (path) => parseEnvFile(await readFile(path, init), { dialect, environment, path }));
  return new Map((await Promise.all(read)).flat());
}
