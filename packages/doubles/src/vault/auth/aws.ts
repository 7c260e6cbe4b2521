import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { textOf, type Call, type LoginResult, type Services } from "../call.ts";
import { refuse } from "../envelope.ts";
import type { AuthMethod, AwsIdentity } from "../types.ts";

type AwsMethod = Extract<AuthMethod, { readonly type: "aws" }>;
type Headers = Readonly<Record<string, string>>;

/**
 * `auth/aws/login`, type iam: the client sends a signed GetCallerIdentity request, the server would send it to STS.
 * Here its Signature Version 4 is computed anew from the known keys and compared.
 */
export function createAwsLogin(method: AwsMethod, { now }: Services) {
  return (call: Call): LoginResult => {
    const role =
      method.roles[textOf(call, "role")] ?? refuse(400, `entry for role "${textOf(call, "role")}" not found`);
    const headers = readHeaders(decoded(call, "iam_request_headers"));
    if (textOf(call, "iam_http_request_method", "missing iam_http_request_method") !== "POST") {
      return refuse(400, "invalid iam_http_request_method; currently only 'POST' is supported");
    }
    checkServerId(method.serverId, headers);
    const { identity, signature } = signerOf(headers, method);
    checkAge(headers["x-amz-date"] ?? "", now());
    const request = {
      url: new URL(decoded(call, "iam_request_url")),
      body: decoded(call, "iam_request_body"),
      headers,
    };
    if (!same(signature, sign(request, identity))) return denied("SignatureDoesNotMatch");
    if (!role.arns.includes(identity.arn)) {
      return refuse(400, `IAM Principal "${identity.arn}" does not belong to the role "${textOf(call, "role")}"`);
    }
    return { displayName: identity.arn, settings: role, metadata: { auth_type: "iam", canonical_arn: identity.arn } };
  };
}

function denied(code: string): never {
  return refuse(400, `error making upstream request: received error code 403 from STS: ${code}`);
}

function decoded(call: Call, name: string): string {
  return Buffer.from(textOf(call, name, `missing ${name}`), "base64").toString();
}

function readHeaders(text: string): Headers {
  const raw = JSON.parse(text) as Readonly<Record<string, string | readonly string[]>>;
  return Object.fromEntries(Object.entries(raw).map(([name, value]) => [name.toLowerCase(), [value].flat().join(",")]));
}

function checkServerId(expected: string | undefined, headers: Headers): void {
  if (expected === undefined) return;
  const given = headers["x-vault-aws-iam-server-id"];
  if (given === undefined) refuse(400, "error validating X-Vault-AWS-IAM-Server-ID header: missing header");
  if (given !== expected)
    refuse(400, `error validating X-Vault-AWS-IAM-Server-ID header: expected ${expected}, got ${given}`);
  if (!signedHeaders(headers).includes("x-vault-aws-iam-server-id")) {
    refuse(400, "error validating X-Vault-AWS-IAM-Server-ID header: header wasn't signed");
  }
}

const authorization =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/sts\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

function signedHeaders(headers: Headers): readonly string[] {
  return (authorization.exec(headers["authorization"] ?? "")?.[4] ?? "").split(";");
}

function signerOf(headers: Headers, method: AwsMethod): { readonly identity: AwsIdentity; readonly signature: string } {
  const [, keyId = "", , , , signature = ""] =
    authorization.exec(headers["authorization"] ?? "") ?? denied("IncompleteSignature");
  const identity = method.identities[keyId] ?? denied("InvalidClientTokenId");
  if (identity.sessionToken !== headers["x-amz-security-token"]) return denied("InvalidClientTokenId");
  return { identity, signature };
}

/** STS takes a signature for a quarter of an hour. */
function checkAge(amzDate: string, now: number): void {
  const at = Date.parse(amzDate.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  if (!(Math.abs(now - at) <= 15 * 60_000)) denied("SignatureDoesNotMatch");
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function sign(
  { url, body, headers }: { readonly url: URL; readonly body: string; readonly headers: Headers },
  identity: AwsIdentity,
): string {
  const [, , day = "", region = ""] = authorization.exec(headers["authorization"] ?? "") ?? [];
  const names = signedHeaders(headers);
  const lines = names.map((name) => `${name}:${(headers[name] ?? "").trim()}\n`);
  const canonical = [
    "POST",
    url.pathname,
    url.searchParams.toString(),
    lines.join(""),
    names.join(";"),
    hash(body),
  ].join("\n");
  const scope = `${day}/${region}/sts/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, hash(canonical)].join("\n");
  const start: string | Buffer = `AWS4${identity.secretAccessKey}`;
  const key = [day, region, "sts", "aws4_request"].reduce<string | Buffer>(
    (by, part) => createHmac("sha256", by).update(part).digest(),
    start,
  );
  return createHmac("sha256", key).update(text).digest("hex");
}

function same(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
