import { invalid, type Secret } from "@rotate/plugin-kit";
import { endpoint } from "./endpoints.ts";
import { accessToken, idToken, readAs, strangeAnswer, type Granted } from "./granted.ts";
import type { Ctx, Request } from "./options.ts";
import { iamRefusal } from "./refusal/index.ts";

const accessAnswer = {
  type: "object",
  properties: { accessToken: { type: "string" }, expireTime: { type: "string" } },
  required: ["accessToken", "expireTime"],
} as const;
const idAnswer = { type: "object", properties: { token: { type: "string" } }, required: ["token"] } as const;

/** RFC 3339, as protobuf writes a Timestamp in JSON. */
const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** An access token of the account (iamcredentials v1, generateAccessToken). `ttl` in ms; Google's default is one hour. */
export async function impersonatedAccessToken(
  { scopes, ttl }: { readonly scopes: readonly string[]; readonly ttl: number | undefined },
  source: Secret,
  ctx: Ctx,
): Promise<Granted> {
  const lifetime = ttl === undefined ? {} : { lifetime: `${Math.ceil(ttl / 1000)}s` };
  const answer = await ask("generateAccessToken", { scope: scopes, ...lifetime }, { source, ctx });
  const { accessToken: text, expireTime } = readAs(answer, accessAnswer);
  const expires = new Date(timestamp.test(expireTime) ? expireTime : Number.NaN);
  if (Number.isNaN(expires.getTime())) throw strangeAnswer("the answer's expireTime is no RFC 3339 instant");
  return { token: accessToken(text, ctx), expires };
}

/** An identity token of the account (iamcredentials v1, generateIdToken). */
export async function impersonatedIdToken(
  { audience, includeEmail }: NonNullable<Request["idToken"]>,
  source: Secret,
  ctx: Ctx,
): Promise<Granted> {
  const answer = await ask("generateIdToken", { audience, includeEmail }, { source, ctx });
  return idToken(readAs(answer, idAnswer).token, ctx);
}

async function ask(verb: string, body: object, { source, ctx }: { readonly source: Secret; readonly ctx: Ctx }) {
  const { impersonate } = ctx.options;
  if (impersonate === undefined) throw invalid("nobody is named to act as", "name `impersonate: { account }`");
  const { account, delegates } = impersonate;
  const url = new URL(`/v1/${resource(account)}:${verb}`, endpoint("iamCredentials", ctx.options));
  const chain = delegates === undefined ? {} : { delegates: delegates.map(resource) };
  const answer = await ctx.http(url, { bearer: source, json: { ...body, ...chain } });
  const refusal = iamRefusal(answer, `cannot act as ${account}`);
  if (refusal !== undefined) throw refusal;
  return answer;
}

/** The project is always the wildcard `-`: the email says which it is. */
function resource(account: string): string {
  return `projects/-/serviceAccounts/${encodeURIComponent(account).replaceAll("%40", "@")}`;
}
