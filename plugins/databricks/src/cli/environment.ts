import type { ExecInit } from "@rotate/plugin-kit";
import type { Ctx } from "../options.ts";

/**
 * What of our environment the Databricks CLI gets: how to find itself, its logins and the network, and what other tools need that a profile may log in by.
 * Nothing that could choose another workspace, profile, bundle or token: DATABRICKS_HOST, DATABRICKS_BUNDLE_ROOT, BUNDLE_ROOT and their like stay away,
 * and so do the secrets of this process.
 */
const kept: ReadonlySet<string> = new Set([
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "LANG",
  "TZ",
  "TMPDIR",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "XDG_CONFIG_HOME",
  "XDG_DATA_HOME",
  "XDG_RUNTIME_DIR",
  "DBUS_SESSION_BUS_ADDRESS",
  "DATABRICKS_AUTH_STORAGE",
  "AZURE_CONFIG_DIR",
  "CLOUDSDK_CONFIG",
  "GOOGLE_APPLICATION_CREDENTIALS",
  "ACTIONS_ID_TOKEN_REQUEST_URL",
  "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
]);

type Variables = NonNullable<ExecInit["env"]>;

/** The CLI's whole environment: the variables above, and what a call adds. */
export function cliEnvironment(added: Variables, { env }: Ctx): Variables {
  const withheld = Object.keys(env).filter((name) => !kept.has(name) && !name.startsWith("LC_"));
  return { ...Object.fromEntries(withheld.map((name) => [name, undefined])), ...added };
}
