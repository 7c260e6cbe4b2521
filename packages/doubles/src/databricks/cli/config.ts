import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** How the CLI will log in: what its flags, environment and profile come to. */
export interface CliConfig {
  /** JSON: refresh tokens by profile or host. */
  readonly loginsFile: string;
  readonly host: string;
  readonly profile: string | undefined;
  readonly authType: "pat" | "oauth-m2m" | "databricks-cli";
  readonly token?: string | undefined;
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
  /** Milliseconds that requests are tried again (databricks-sdk-go config.go, RetryTimeoutSeconds). */
  readonly retryTimeout: number;
}

type Settings = Readonly<Record<string, string>>;
const names = ["host", "token", "client_id", "client_secret", "auth_type"] as const;
const standardRetries = 300;

/** Flags, then environment, then profile (databricks-sdk-go config/config.go). Throws an Error with the CLI's own words. */
export function readConfig(flags: {
  readonly profile: string | undefined;
  readonly host: string | undefined;
  readonly loginsFile: string;
  /** What a bundle says, which wins over the environment. */
  readonly bundle?: string | undefined;
}): CliConfig {
  const fromEnv: Record<string, string> = {};
  for (const name of names) {
    const value = process.env[`DATABRICKS_${name.toUpperCase()}`];
    if (value) fromEnv[name] = value;
  }
  const named = flags.profile ?? (process.env["DATABRICKS_CONFIG_PROFILE"] || undefined);
  const skipFile = named === undefined && Object.keys(fromEnv).length > 0;
  const settings: Settings = {
    ...(skipFile ? {} : profileSettings(named)),
    ...fromEnv,
    ...(flags.host && { host: flags.host }),
    ...(flags.bundle && { host: flags.bundle }),
  };
  const { host, token, client_id: clientId, client_secret: clientSecret } = settings;
  const authType = typeOf(settings);
  if (host === undefined || authType === undefined)
    throw new Error(
      "default auth: cannot configure default credentials, please check https://docs.databricks.com/en/dev-tools/auth.html",
    );
  return {
    loginsFile: flags.loginsFile,
    host: host.startsWith("http") ? host : `https://${host}`,
    profile: named,
    authType,
    token,
    clientId,
    clientSecret,
    retryTimeout: Number(settings["retry_timeout_seconds"] ?? standardRetries) * 1000,
  };
}

function typeOf({
  auth_type: pinned,
  token,
  client_id: id,
  client_secret: secret,
  host,
}: Settings): CliConfig["authType"] | undefined {
  if (pinned === "pat" || pinned === "oauth-m2m" || pinned === "databricks-cli") return pinned;
  if (token && id && secret)
    throw new Error(
      "validate: more than one authorization method configured: oauth and pat. Config: host=***, token=***",
    );
  if (token) return "pat";
  if (id && secret) return "oauth-m2m";
  return host === undefined ? undefined : "databricks-cli";
}

function profileSettings(named: string | undefined): Settings {
  const file = process.env["DATABRICKS_CONFIG_FILE"] || join(process.env["HOME"] ?? "/", ".databrickscfg");
  const settings = existsSync(file) ? section(readFileSync(file, "utf8"), named ?? "DEFAULT") : undefined;
  if (settings === undefined && named !== undefined)
    throw new Error(`resolve: ${file} has no ${named} profile configured`);
  return settings ?? {};
}

function section(text: string, name: string): Settings | undefined {
  const body = text.split(/^\[/m).find((part) => part.startsWith(`${name}]`));
  if (body === undefined) return undefined;
  const lines = body.split("\n").map((line) => /^\s*(\w+)\s*=\s*(.*?)(\s+[#;].*)?$/.exec(line));
  return Object.fromEntries(lines.flatMap((match) => (match?.[1] && match[2] ? [[match[1], match[2]]] : [])));
}
