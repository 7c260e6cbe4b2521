import { join } from "node:path";
import type { FoundLogin, Machine } from "@rotate/plugin-kit";
import { parseProfiles } from "./auth/config-file.ts";

/** What this machine could log in to a workspace with: the variables and profiles of the Databricks tools (docs.databricks.com, unified authentication). */
export async function loginsOf({ env, home, read }: Machine): Promise<readonly FoundLogin[]> {
  const file = env["DATABRICKS_CONFIG_FILE"] ?? join(home, ".databrickscfg");
  const text = await read(file);
  const profiles = text === undefined ? [] : [...(await parseProfiles(text)).keys()];
  const host = env["DATABRICKS_HOST"] ? { host: { env: "DATABRICKS_HOST" } } : {};
  return [
    ...(env["DATABRICKS_CLIENT_ID"] && env["DATABRICKS_CLIENT_SECRET"]
      ? [
          {
            label: "the service principal of DATABRICKS_CLIENT_ID",
            options: {
              ...host,
              auth: {
                method: "oauth-m2m",
                clientId: { env: "DATABRICKS_CLIENT_ID" },
                clientSecret: { env: "DATABRICKS_CLIENT_SECRET" },
              },
            },
          },
        ]
      : []),
    ...(env["DATABRICKS_TOKEN"]
      ? [
          {
            label: "the personal access token in DATABRICKS_TOKEN",
            options: { ...host, auth: { method: "pat", token: { env: "DATABRICKS_TOKEN" } } },
          },
        ]
      : []),
    ...profiles
      .filter((profile) => profile !== "__settings__")
      .map((profile) => ({
        label: `profile ${profile} of ${env["DATABRICKS_CONFIG_FILE"] ?? "~/.databrickscfg"}`,
        options: { auth: { method: "profile", profile } },
      })),
  ];
}
