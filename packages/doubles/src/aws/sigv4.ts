import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { DoubleRequest } from "../http-double.ts";
import { refuse } from "./refusal.ts";
import type { AwsKey } from "./types.ts";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
const authorization =
  /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

/** How far the date of a signature may be from now, ms. */
const window = 300_000;

/** What a signature is checked against. `now`: ms since 1970. `find`: the key of an access key id, expired or not. */
export interface Verifying {
  readonly now: number;
  readonly region: string;
  readonly service: string;
  readonly find: (accessKeyId: string) => AwsKey | undefined;
}

/** A signature taken apart. */
interface Signed {
  readonly day: string;
  /** `20260101T000000Z` */
  readonly at: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly query: string;
}

/** Checks the signature of a request as AWS does, and gives the key that made it. Throws AwsRefusal in the service's own words. */
export function verifyRequest(request: DoubleRequest, verifying: Verifying): AwsKey {
  const header = request.headers["authorization"];
  if (header === undefined) {
    return refuse(403, "MissingAuthenticationToken", "Request is missing Authentication Token");
  }
  const [, keyId = "", day = "", region = "", service = "", names = "", signature = ""] =
    authorization.exec(header) ??
    refuse(400, "IncompleteSignature", "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature'");
  const at = request.headers["x-amz-date"] ?? "";
  const signed = { day, at, region, service, signedHeaders: names.split(";"), query: canonicalQuery(request.query) };
  const key = liveKey(keyId, request.headers["x-amz-security-token"], verifying);
  checkScope(signed, verifying);
  checkCoverage(request, signed.signedHeaders);
  checkDate(at, verifying.now);
  if (!same(signature, sign(request, signed, { key, bodyHash: sha256(request.body) }))) {
    const message =
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";
    return refuse(403, "SignatureDoesNotMatch", message);
  }
  refuseExpired(key, verifying.now);
  return key;
}

const unknownToken = "The security token included in the request is invalid.";

/** The key, with the session token that belongs to it. */
export function liveKey(keyId: string, token: string | undefined, { find }: Pick<Verifying, "find">): AwsKey {
  const key = find(keyId);
  if (key === undefined || key.sessionToken !== token) return refuse(403, "InvalidClientTokenId", unknownToken);
  return key;
}

/** A session that is over. */
export function refuseExpired({ expiresAt }: AwsKey, now: number): void {
  if (expiresAt !== undefined && expiresAt <= now) {
    refuse(403, "ExpiredToken", "The security token included in the request is expired");
  }
}

function checkScope({ day, at, region, service }: Signed, verifying: Verifying): void {
  if (service !== verifying.service) {
    refuse(403, "SignatureDoesNotMatch", `Credential should be scoped to correct service: '${verifying.service}'. `);
  }
  if (region !== verifying.region) {
    refuse(403, "SignatureDoesNotMatch", "Credential should be scoped to a valid region. ");
  }
  if (at.slice(0, 8) !== day) {
    const message = `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${day}' != '${at.slice(0, 8)}'`;
    refuse(403, "SignatureDoesNotMatch", message);
  }
}

/** The host and every `x-amz-…` header must be signed. */
function checkCoverage({ headers }: DoubleRequest, signedHeaders: readonly string[]): void {
  const needed = ["host", ...Object.keys(headers).filter((name) => name.startsWith("x-amz-"))];
  const missing = needed.find((name) => !signedHeaders.includes(name));
  if (missing !== undefined) {
    refuse(403, "SignatureDoesNotMatch", `'${missing}' must be a 'SignedHeader' in the AWS Authorization.`);
  }
}

function checkDate(at: string, now: number): void {
  const time = parseDate(at);
  if (time === undefined) {
    refuse(400, "IncompleteSignature", `Date must be in ISO-8601 'basic format'. Got '${at}'.`);
  } else if (time < now - window) {
    const message = `Signature expired: ${at} is now earlier than ${amzDate(now - window)} (${amzDate(now)} - 5 min.)`;
    refuse(403, "SignatureDoesNotMatch", message);
  } else if (time > now + window) {
    const message = `Signature not yet current: ${at} is still later than ${amzDate(now + window)} (${amzDate(now)} + 5 min.)`;
    refuse(403, "SignatureDoesNotMatch", message);
  }
}

/** `20260101T000000Z` as ms since 1970. */
export function parseDate(text: string): number | undefined {
  const iso = text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z");
  const time = iso === text ? Number.NaN : Date.parse(iso);
  return Number.isNaN(time) ? undefined : time;
}

function amzDate(time: number): string {
  return new Date(time).toISOString().replaceAll(/[-:]|\.\d+/g, "");
}

interface Signing {
  readonly key: Pick<AwsKey, "secretAccessKey">;
  readonly bodyHash: string;
}

/** The signature that the request should have. */
export function sign(
  { method, path, headers }: Pick<DoubleRequest, "method" | "path" | "headers">,
  { day, at, region, service, signedHeaders, query }: Signed,
  { key, bodyHash }: Signing,
): string {
  const fields = signedHeaders.map((name) => `${name}:${(headers[name] ?? "").trim().replaceAll(/ +/g, " ")}\n`);
  const canonical = [method, path, query, fields.join(""), signedHeaders.join(";"), bodyHash].join("\n");
  const scope = [day, region, service, "aws4_request"];
  const text = ["AWS4-HMAC-SHA256", at, scope.join("/"), sha256(canonical)].join("\n");
  const start: string | Buffer = `AWS4${key.secretAccessKey}`;
  const derived = scope.reduce<string | Buffer>((by, part) => hmac(by, part), start);
  return hmac(derived, text).toString("hex");
}

/** Sorted, and encoded as AWS wants it. */
export function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .toSorted(([a, x], [b, y]) => (a === b ? Number(x > y) - Number(x < y) : Number(a > b) - Number(a < b)))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Hexadecimal. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

/** Equal, in constant time. */
export function same(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
