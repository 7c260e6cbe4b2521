import { credentialAnswer, type CredentialAnswer } from "../credential.ts";
import type { Ctx } from "../options.ts";
import { isWebPage, refusal, webPage } from "../refusal.ts";
import type { BearerLogin } from "../login.ts";
import type { MintBody } from "./body.ts";

const paths = { autoscaling: "/api/2.0/postgres/credentials", provisioned: "/api/2.0/database/credentials" } as const;

/** Mints by the REST API. `attempt` is the idempotency key of the older API. Throws what `refusal` says, or BAD_ANSWER. */
export async function mintOverHttp(
  { api, subject, body }: MintBody,
  attempt: string,
  ctx: Ctx & { readonly login: BearerLogin },
): Promise<CredentialAnswer> {
  const { workspace, bearer, remedy } = ctx.login;
  const what = `no credential for ${subject}`;
  const json = api === "provisioned" ? { ...body, request_id: attempt } : body;
  const headers = { "x-databricks-workspace-id": workspace.id };
  const answer = await ctx.http(new URL(paths[api], workspace.origin), { bearer, json, headers });
  if (isWebPage(answer) && answer.ok) throw webPage(what, answer);
  if (!answer.ok) throw refusal(what, answer, remedy);
  return answer.json(credentialAnswer);
}
