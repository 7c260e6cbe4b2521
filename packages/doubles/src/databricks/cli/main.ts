/** The program behind `installDatabricksCli`: `main MISSING LOGINS-FILE ARGUMENT…`. */
import { readFileSync } from "node:fs";
import { bundleHost } from "./bundle.ts";
import { readCommandLine, type Flags } from "./command-line.ts";
import { readConfig } from "./config.ts";
import { jsonObject } from "./json.ts";
import { postApi, userToken } from "./wire.ts";

const [missing = "", loginsFile = "", ...argv] = process.argv.slice(2);

async function main(): Promise<string> {
  const { positionals, flags } = readCommandLine(argv, !missing.includes("ttl"));
  const command = positionals.slice(0, 2).join(" ");
  const rest = positionals.slice(2);
  if (flags.version || command === "version") return "Databricks CLI v1.13.0";
  if (command === "auth token") return authToken(rest[0], flags);
  if (command === "database generate-database-credential") return mintProvisioned(rest, flags);
  if (command === "postgres generate-database-credential" && !missing.includes("postgres"))
    return mintAutoscaling(rest, flags);
  throw new Error(`unknown command "${positionals[0]}" for "databricks"`);
}

function mintAutoscaling(positionals: readonly string[], flags: Flags): Promise<string> {
  const { ttl, "expire-time": expire_time } = flags;
  if (flags.json !== undefined && positionals.length > 0)
    throw new Error(
      "when --json flag is specified, no positional arguments are required. Provide 'endpoint' in your JSON input",
    );
  if (flags.json === undefined && positionals.length !== 1)
    throw new Error(`accepts 1 arg(s), received ${positionals.length}`);
  if (ttl !== undefined && !/^\d+(\.\d{1,9})?s$/.test(ttl)) throw new Error(`invalid TTL: ${ttl}`);
  return call("/api/2.0/postgres/credentials", { endpoint: positionals[0], ...bodyOf(flags), ttl, expire_time }, flags);
}

function mintProvisioned(positionals: readonly string[], flags: Flags): Promise<string> {
  if (positionals.length > 0) throw new Error(`accepts 0 arg(s), received ${positionals.length}`);
  return call("/api/2.0/database/credentials", { ...bodyOf(flags), request_id: flags["request-id"] }, flags);
}

function bodyOf({ json = "{}" }: Flags): Readonly<Record<string, unknown>> {
  return jsonObject(json.startsWith("@") ? readFileSync(json.slice(1), "utf8") : json);
}

async function call(path: string, body: object, flags: Flags): Promise<string> {
  // A profile that is named, without a target, leaves bundles out (databricks/cli cmd/root/auth.go, since 2026).
  const bundle = flags.profile === undefined || missing.includes("profile-first") ? bundleHost() : undefined;
  const config = readConfig({ profile: flags.profile, host: flags.host, loginsFile, bundle });
  const text = await postApi(path, body, config);
  if (/^\s*</.test(text))
    throw new Error("failed to unmarshal response body: invalid character '<' looking for beginning of value");
  return JSON.stringify(jsonObject(text), null, 2);
}

async function authToken(positional: string | undefined, flags: Flags): Promise<string> {
  const config = readConfig({ profile: flags.profile ?? positional, host: flags.host, loginsFile });
  if (config.authType === "oauth-m2m")
    throw new Error(
      "auth token is not supported for the M2M profile: it works with user logins (databricks auth login) only",
    );
  const { access_token, expires_in } = await userToken(config);
  if (flags.output === "text") return access_token;
  const expiry = new Date(Date.now() + expires_in * 1000).toISOString();
  return JSON.stringify({ access_token, token_type: "Bearer", expiry, expires_in }, null, 2);
}

main().then(
  (text) => process.stdout.write(`${text}\n`),
  (error: unknown) => {
    process.stderr.write(`Error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
