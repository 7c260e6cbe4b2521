import type { Context, LocalPlace, PartScope } from "@rotate/plugin-kit";
import type { Granted } from "./granted.ts";
import { impersonatedAccessToken } from "./impersonate.ts";
import type { Options, Source } from "./options.ts";
import { sourceAccessToken } from "./sources/index.ts";

/** The scope that covers every API of Google Cloud; roles say what may be done. */
export const cloudPlatform = "https://www.googleapis.com/auth/cloud-platform";

/** An access token of whoever is impersonated, else of the source, for all APIs. */
export async function accessTokenOf(ctx: Context<Options>): Promise<Granted> {
  const granted = await sourceAccessToken(undefined, ctx);
  if (ctx.options.impersonate === undefined) return granted;
  return impersonatedAccessToken({ scopes: [cloudPlatform], ttl: undefined }, granted.token, ctx);
}

type Who = Pick<Options, "source">;

/** What the source stands on, on this machine. */
export function readsOf({ source }: Who, env: Context["env"]): readonly LocalPlace[] {
  return source.method === "gcloud" ? [{ path: gcloudDirectory(env) }] : [];
}

/** Where the source gives tokens. */
export function scopeOf({ source }: Who): PartScope {
  return isOfMachine(source) ? "host" : "anywhere";
}

/** Where gcloud keeps its logins. */
function gcloudDirectory(env: Context["env"]): string {
  return env["CLOUDSDK_CONFIG"] || `${env["HOME"] ?? ""}/.config/gcloud`;
}

/** An identity that only this machine, or this job, has. */
function isOfMachine(source: Source): boolean {
  if (source.method === "workload-identity") return source.subject.from !== "reference";
  return source.method === "metadata" || source.method === "gcloud";
}
