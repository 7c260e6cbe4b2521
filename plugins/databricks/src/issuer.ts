import { badAnswer, type RotateError } from "@rotate/plugin-kit";
import { claimsOf } from "@rotate/plugin-kit/tokens";
import type { Ctx } from "./options.ts";
import type { Workspace } from "./login.ts";

const metadata = { type: "object", properties: { issuer: { type: "string" } }, required: ["issuer"] } as const;

/**
 * Did the workspace that we mean issue this token? A token that names another one came from where the CLI was sent to by something that we did not see.
 * A host may issue under another name than its own, if its metadata say so (RFC 8414 §2). Throws BAD_ANSWER. What names no issuer passes.
 */
export async function checkIssuer(token: string, { origin }: Workspace, ctx: Ctx): Promise<void> {
  const issuer = originOf(claimsOf(token)?.["iss"]);
  if (issuer === undefined || issuer === origin || issuer === (await namedBy(origin, ctx))) return;
  throw foreign(issuer, origin);
}

function originOf(issuer: unknown): string | undefined {
  return typeof issuer === "string" && URL.canParse(issuer) ? new URL(issuer).origin : undefined;
}

async function namedBy(origin: string, { http }: Ctx): Promise<string | undefined> {
  const answer = await http(new URL("/oidc/.well-known/oauth-authorization-server", origin));
  return answer.ok ? originOf(answer.tryJson(metadata)?.issuer) : undefined;
}

function foreign(issuer: string, origin: string): RotateError {
  const hint =
    "something sends the Databricks CLI to another workspace: compare host, the profile, and what `databricks auth describe` says; nothing was written";
  return badAnswer(`what the CLI printed was issued by ${issuer}, not by ${origin}`, hint);
}
