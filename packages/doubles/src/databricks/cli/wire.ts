import { readFileSync } from "node:fs";
import type { CliConfig } from "./config.ts";
import { textFields } from "./json.ts";

/** A person's or a machine's access token. `expires_in` in seconds. */
export interface AccessToken {
  readonly access_token: string;
  readonly expires_in: number;
}

/** Posts to the API with the configured identity and returns the answer's text. Throws an Error in the CLI's words. */
export async function postApi(path: string, body: object, config: CliConfig): Promise<string> {
  const headers = { authorization: `Bearer ${await bearer(config)}`, "content-type": "application/json" };
  const end = Date.now() + config.retryTimeout;
  for (;;) {
    const answer = await fetch(new URL(path, config.host), { method: "POST", headers, body: JSON.stringify(body) });
    const text = await answer.text();
    if (answer.ok) return text;
    if (!retried.includes(answer.status)) throw new Error(`${messageOf(text)}${nextSteps(answer.status, config)}`);
    if (Date.now() + pause > end) throw new Error(`timed out: ${messageOf(text)}`);
    await new Promise((resolve) => void setTimeout(resolve, pause));
  }
}

/** What the SDK tries again (databricks-sdk-go httpclient, retries), and how long it waits in between here: it waits longer. */
const retried = [429, 503, 504];
const pause = 100;

/** Refreshes the login of `databricks auth login`. */
export function userToken({ host, profile, loginsFile }: CliConfig): Promise<AccessToken> {
  const refreshToken = textFields(readFileSync(loginsFile, "utf8"))[profile ?? host];
  if (refreshToken === undefined)
    throw new Error("databricks-cli auth: cache: no cached credentials; run `databricks auth login` to sign in");
  return requestToken(host, { grant_type: "refresh_token", refresh_token: refreshToken, client_id: "databricks-cli" });
}

async function bearer(config: CliConfig): Promise<string> {
  if (config.authType === "pat") return config.token ?? "";
  const token = config.authType === "oauth-m2m" ? await machineToken(config) : await userToken(config);
  return token.access_token;
}

function machineToken({ host, clientId = "", clientSecret = "" }: CliConfig): Promise<AccessToken> {
  const halves = [clientId, clientSecret].map(encodeURIComponent).join(":");
  const authorization = `Basic ${Buffer.from(halves).toString("base64")}`;
  return requestToken(host, { grant_type: "client_credentials", scope: "all-apis" }, { authorization });
}

async function requestToken(
  host: string,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<AccessToken> {
  const body = new URLSearchParams(form);
  const answer = await fetch(new URL("/oidc/v1/token", host), { method: "POST", headers, body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`oauth: ${messageOf(text)}`);
  const { access_token = "", expires_in = "0" } = textFields(text);
  return { access_token, expires_in: Number(expires_in) };
}

/** All that the CLI says of an error: its message, never its code or status. */
function messageOf(text: string): string {
  try {
    const { message, error_description } = textFields(text);
    return message ?? error_description ?? "unknown error";
  } catch {
    return "unable to parse response. This is likely a bug in the Databricks SDK for Go or the underlying REST API.";
  }
}

/** databricks/cli libs/auth/error.go. */
const reauthenticate: Readonly<Record<CliConfig["authType"], string>> = {
  pat: "Regenerate your access token",
  "oauth-m2m": "Check your service principal client ID and secret",
  "databricks-cli": "Re-authenticate: databricks auth login",
};

function nextSteps(status: number, { profile = "DEFAULT", host, authType }: CliConfig): string {
  if (status !== 401 && status !== 403) return "";
  const steps = `Next steps:\n  - ${status === 403 ? "Verify you have the required permissions for this operation" : reauthenticate[authType]}`;
  return `\n\nProfile:   ${profile}\nHost:      ${host}\nAuth type: ${authType}\n\n${steps}`;
}
