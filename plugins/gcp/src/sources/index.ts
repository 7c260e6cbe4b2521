import { invalid, type Granted } from "../granted.ts";
import type { Ctx, Request } from "../options.ts";
import { byAuthorizedUser } from "./authorized-user.ts";
import { byGcloud } from "./gcloud.ts";
import { metadataAccessToken, metadataIdToken } from "./metadata.ts";
import { keyAccessToken, keyIdToken } from "./service-account.ts";
import { byWorkloadIdentity } from "./workload-identity.ts";

const cloudPlatform = ["https://www.googleapis.com/auth/cloud-platform"];

/** An access token of the source itself. `scopes` undefined: what is needed to act as somebody else, or all that the source gives. */
export function sourceAccessToken(scopes: readonly string[] | undefined, ctx: Ctx): Promise<Granted> {
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

/** An identity token of the source itself. Throws INVALID where the source makes none. */
export async function sourceIdToken(asked: NonNullable<Request["idToken"]>, ctx: Ctx): Promise<Granted> {
  const { source } = ctx.options;
  if (source.method === "metadata") return metadataIdToken(source, asked, ctx);
  if (source.method === "service-account") return keyIdToken(source, asked.audience, ctx);
  throw invalid(
    `the source ${source.method} makes no identity token for an audience`,
    "impersonate a service account: it does",
  );
}
