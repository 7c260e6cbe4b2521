import { isRotateError, withDetails, type HttpAnswer } from "@rotate/plugin-kit";
import { idToken, readGrant, type Granted } from "../granted.ts";
import type { Ctx, Request, Source } from "../options.ts";
import { metadataRefusal } from "../refusal/index.ts";

type Metadata = Extract<Source, { readonly method: "metadata" }>;

/** The machine's own access token. The server keeps one and gives it until about five minutes before its end. */
export async function metadataAccessToken(
  { account }: Metadata,
  scopes: readonly string[] | undefined,
  ctx: Ctx,
): Promise<Granted> {
  return readGrant(await ask({ account, what: "token", query: { scopes: scopes?.join(",") } }, ctx), ctx);
}

/** The machine's own identity token, in the format that says which machine it is. */
export async function metadataIdToken(
  { account }: Metadata,
  { audience, includeEmail }: NonNullable<Request["idToken"]>,
  ctx: Ctx,
): Promise<Granted> {
  const query = { audience, format: includeEmail ? "full" : "standard" };
  return idToken((await ask({ account, what: "identity", query }, ctx)).text(), ctx);
}

interface Question {
  readonly account: string;
  readonly what: "token" | "identity";
  readonly query: Readonly<Record<string, string | undefined>>;
}

async function ask({ account, what, query }: Question, ctx: Ctx): Promise<HttpAnswer> {
  const host = ctx.env["GCE_METADATA_HOST"] || "metadata.google.internal";
  const url = `http://${host}/computeMetadata/v1/instance/service-accounts/${encodeURIComponent(account)}/${what}`;
  const headers = { "metadata-flavor": "Google" };
  const answer = await ctx.http(url, { query, headers, proxy: false, timeout: 10_000 }).catch(explainAbsence);
  const refusal = metadataRefusal(answer, account);
  if (refusal !== undefined) throw refusal;
  return answer;
}

/** Elsewhere the name does not resolve, or nobody listens at its address. */
function explainAbsence(error: unknown): never {
  if (!isRotateError(error) || (error.code !== "UNAVAILABLE" && error.code !== "TIMEOUT")) throw error;
  throw withDetails(error, {
    message: `no metadata server: ${error.message}`,
    hint: "is this a machine of Google Cloud? In a container, may it reach 169.254.169.254?",
  });
}
