import { join } from "node:path";
import type { FoundLogin, Machine } from "@rotate/plugin-kit";

/** What this machine could log in to Google Cloud with, in the order of Application Default Credentials (cloud.google.com/docs/authentication). */
export async function loginsOf({ env, home, read }: Machine): Promise<readonly FoundLogin[]> {
  const named = env["GOOGLE_APPLICATION_CREDENTIALS"];
  const config = env["CLOUDSDK_CONFIG"] ?? join(home, ".config/gcloud");
  const files = [...(named ? [named] : []), join(config, "application_default_credentials.json")];
  const logins = await Promise.all(files.map(async (file) => ofFile(file, await read(file))));
  const product = (await read("/sys/class/dmi/id/product_name")) ?? "";
  const isGoogle = /google/i.test(product) || Boolean(env["GCE_METADATA_HOST"]);
  return [
    ...logins.flat(),
    ...(isGoogle
      ? [{ label: "the service account of this machine", options: { source: { method: "metadata" } } }]
      : []),
    ...((await read(join(config, "active_config"))) === undefined
      ? []
      : [{ label: "the gcloud command, as you are logged in", options: { source: { method: "gcloud" } } }]),
  ];
}

/** By the file's own word; of what is secret in it nothing is taken. */
function ofFile(file: string, text: string | undefined): readonly FoundLogin[] {
  const [, type] = /"type"\s*:\s*"([a-z_]+)"/.exec(text ?? "") ?? [];
  if (type === "service_account")
    return [
      { label: `the service account in ${file}`, options: { source: { method: "service-account", key: { file } } } },
    ];
  if (type === "authorized_user")
    return [
      { label: `your own login in ${file}`, options: { source: { method: "authorized-user", credentials: { file } } } },
    ];
  return [];
}
