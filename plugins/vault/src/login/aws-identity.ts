import { isSecret, type Secret } from "@rotate/plugin-kit";
import { signPost } from "@rotate/plugin-kit/tokens";
import type { Auth, VaultContext } from "../options.ts";

type AwsAuth = Extract<Auth, { readonly method: "aws" }>;

const body = "Action=GetCallerIdentity&Version=2011-06-15";

/**
 * The body of `auth/aws/login`, type iam: a GetCallerIdentity request signed by us (Signature Version 4), which the server sends to STS to learn who we are.
 * https://developer.hashicorp.com/vault/api-docs/auth/aws#login
 */
export async function signedIdentity(
  auth: AwsAuth,
  ctx: VaultContext,
): Promise<Readonly<Record<string, string | Secret>>> {
  const { region, serverId, accessKeyId } = auth;
  const url = new URL(region === "us-east-1" ? "https://sts.amazonaws.com/" : `https://sts.${region}.amazonaws.com/`);
  const key = {
    accessKeyId,
    secretAccessKey: await ctx.resolve(auth.secretAccessKey),
    sessionToken: auth.sessionToken && (await ctx.resolve(auth.sessionToken)),
  };
  const headers = {
    "content-type": "application/x-www-form-urlencoded; charset=utf-8",
    ...(serverId !== undefined && { "x-vault-aws-iam-server-id": serverId }),
  };
  const signed = signPost({ url, headers, body }, key, { service: "sts", region, now: ctx.now() });
  return {
    role: auth.role,
    iam_http_request_method: "POST",
    iam_request_url: base64(url.href),
    iam_request_body: base64(body),
    iam_request_headers: ctx.secret(base64(JSON.stringify({ host: url.host, ...revealed(signed) })), "signed request"),
  };
}

/** The server sends them on as they are. */
function revealed(headers: Readonly<Record<string, string | Secret>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, isSecret(value) ? value.reveal() : value]),
  );
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
