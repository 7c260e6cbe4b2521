import { beforehand, invalid, type RotateError } from "@rotate/plugin-kit";
import { type Granted } from "../granted.ts";
import type { Ctx, Request, Source } from "../options.ts";
import { byAuthorizedUser, readLogin } from "./authorized-user.ts";
import { byGcloud } from "./gcloud.ts";
import { metadataAccessToken, metadataIdToken } from "./metadata.ts";
import { keyAccessToken, keyIdToken, readKey } from "./service-account.ts";
import { byWorkloadIdentity, readIdentity } from "./workload-identity.ts";

const cloudPlatform = ["https://www.googleapis.com/auth/cloud-platform"];

/** The metadata server and gcloud keep a token and give it again: whatever goes wrong with them, nothing is left behind. */
export function keepsItsToken({ method }: Source): boolean {
  return method === "metadata" || method === "gcloud";
}

/** Could the source give a token? Reads what it stands on; only one that keeps its token is asked for it. */
export async function checkSource(scopes: readonly string[] | undefined, ctx: Ctx): Promise<void> {
  const { source } = ctx.options;
  if (source.method === "service-account") await readKey(source, ctx);
  if (source.method === "authorized-user") await readLogin(source, ctx);
  if (source.method === "workload-identity") await readIdentity(source, ctx);
  if (keepsItsToken(source)) await sourceAccessToken(scopes, ctx);
}

/** An access token of the source itself. `scopes` undefined: what is needed to act as somebody else, or all that the source gives. */
export function sourceAccessToken(scopes: readonly string[] | undefined, ctx: Ctx): Promise<Granted> {
  return keepsItsToken(ctx.options.source) ? beforehand(() => bySource(scopes, ctx)) : bySource(scopes, ctx);
}

function bySource(scopes: readonly string[] | undefined, ctx: Ctx): Promise<Granted> {
  const { source } = ctx.options;
  switch (source.method) {
    case "metadata":
      return metadataAccessToken(source, scopes, ctx);
    case "service-account":
      return keyAccessToken(source, scopes ?? cloudPlatform, ctx);
    case "authorized-user":
      return byAuthorizedUser(source, scopes, ctx);
    case "workload-identity":
      return byWorkloadIdentity(source, scopes ?? cloudPlatform, ctx);
    case "gcloud":
    default:
      return byGcloud(source, scopes, ctx);
  }
}

/** Throws INVALID for a source that makes no identity tokens. */
export function checkIdentitySource({ method }: Source): void {
  if (method !== "metadata" && method !== "service-account") throw noIdentity(method);
}

function noIdentity(method: Source["method"]): RotateError {
  const hint = "impersonate a service account: it does";
  return invalid(`the source ${method} makes no identity token for an audience`, hint);
}

/** An identity token of the source itself. Throws INVALID where the source makes none. */
export async function sourceIdToken(asked: NonNullable<Request["idToken"]>, ctx: Ctx): Promise<Granted> {
  const { source } = ctx.options;
  if (source.method === "metadata") return beforehand(() => metadataIdToken(source, asked, ctx));
  if (source.method === "service-account") return keyIdToken(source, asked.audience, ctx);
  throw noIdentity(source.method);
}
