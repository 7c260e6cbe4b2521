import { createHash, createHmac } from "node:crypto";
import type { Secret } from "@rotate/plugin-kit";
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
  const url = new URL(
    auth.region === "us-east-1" ? "https://sts.amazonaws.com/" : `https://sts.${auth.region}.amazonaws.com/`,
  );
  const headers = await headersOf(auth, url, ctx);
  const key = (await ctx.resolve(auth.secretAccessKey)).reveal();
  const signed = { ...headers, authorization: authorization(headers, { auth, url, key }) };
  return {
    role: auth.role,
    iam_http_request_method: "POST",
    iam_request_url: base64(url.href),
    iam_request_body: base64(body),
    iam_request_headers: ctx.secret(base64(JSON.stringify(signed)), "signed request"),
  };
}

async function headersOf(
  { sessionToken, serverId }: AwsAuth,
  url: URL,
  ctx: VaultContext,
): Promise<Readonly<Record<string, string>>> {
  return {
    "content-type": "application/x-www-form-urlencoded; charset=utf-8",
    host: url.host,
    "x-amz-date": new Date(ctx.now()).toISOString().replaceAll(/[-:]|\.\d+/g, ""),
    ...(sessionToken !== undefined && { "x-amz-security-token": (await ctx.resolve(sessionToken)).reveal() }),
    ...(serverId !== undefined && { "x-vault-aws-iam-server-id": serverId }),
  };
}

interface Signing {
  readonly auth: AwsAuth;
  readonly url: URL;
  readonly key: string;
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function authorization(headers: Readonly<Record<string, string>>, { auth, url, key }: Signing): string {
  const names = Object.keys(headers).toSorted();
  const at = headers["x-amz-date"] ?? "";
  const scope = [at.slice(0, 8), auth.region, "sts", "aws4_request"];
  const fields = names.map((name) => `${name}:${headers[name]?.trim()}\n`).join("");
  const canonical = ["POST", url.pathname, "", fields, names.join(";"), sha256(body)].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", at, scope.join("/"), sha256(canonical)].join("\n");
  const signature = hmac(signingKey(key, scope), toSign).toString("hex");
  return `AWS4-HMAC-SHA256 Credential=${auth.accessKeyId}/${scope.join("/")}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
}

function signingKey(key: string, scope: readonly string[]): Buffer {
  let derived = Buffer.from(`AWS4${key}`);
  for (const part of scope) derived = hmac(derived, part);
  return derived;
}

function hmac(key: Buffer, text: string): Buffer<ArrayBuffer> {
  return createHmac("sha256", key).update(text).digest();
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
