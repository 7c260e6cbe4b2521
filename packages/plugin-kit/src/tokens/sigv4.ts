import { createHash, createHmac } from "node:crypto";
import type { Secret } from "../secret.ts";

/** A key that signs. */
export interface AwsKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken?: Secret | undefined;
}

/** For whom a signature is good, and from when on (ms since 1970). */
export interface AwsScope {
  readonly service: string;
  readonly region: string;
  readonly now: number;
}

/**
 * Headers of a signed POST, Signature Version 4. `headers` are those that the service needs, lower case; host, date and token are added.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signPost(
  {
    url,
    headers,
    body,
  }: { readonly url: URL; readonly headers: Readonly<Record<string, string>>; readonly body: string },
  key: AwsKey,
  scope: AwsScope,
): Readonly<Record<string, string | Secret>> {
  const at = amzDate(scope.now);
  const token = key.sessionToken?.reveal();
  const signed: Readonly<Record<string, string>> = {
    ...headers,
    host: url.host,
    "x-amz-date": at,
    ...(token !== undefined && { "x-amz-security-token": token }),
  };
  const names = Object.keys(signed).toSorted();
  const lines = names.map((name) => `${name}:${signed[name]?.trim()}\n`);
  const canonical = ["POST", url.pathname, "", lines.join(""), names.join(";"), sha256(body)].join("\n");
  const credential = `${key.accessKeyId}/${scopeText(at, scope)}`;
  const signature = signatureOf(canonical, at, { key, scope });
  const { host: _host, ...sent } = signed;
  return {
    ...sent,
    ...(key.sessionToken !== undefined && { "x-amz-security-token": key.sessionToken }),
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(";")}, Signature=${signature}`,
  };
}

/** A GET that carries its signature in the query, good for `life` ms: host, path and query without scheme. */
export function presignGet(
  {
    host,
    query,
    life,
  }: { readonly host: string; readonly query: Readonly<Record<string, string>>; readonly life: number },
  key: AwsKey,
  scope: AwsScope,
): string {
  const at = amzDate(scope.now);
  const parameters = {
    ...query,
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": `${key.accessKeyId}/${scopeText(at, scope)}`,
    "X-Amz-Date": at,
    "X-Amz-Expires": String(Math.floor(life / 1000)),
    "X-Amz-SignedHeaders": "host",
    ...(key.sessionToken !== undefined && { "X-Amz-Security-Token": key.sessionToken.reveal() }),
  };
  const text = Object.entries(parameters)
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted()
    .join("&");
  const canonical = ["GET", "/", text, `host:${host}\n`, "host", sha256("")].join("\n");
  return `${host}/?${text}&X-Amz-Signature=${signatureOf(canonical, at, { key, scope })}`;
}

function signatureOf(
  canonical: string,
  at: string,
  { key, scope }: { readonly key: AwsKey; readonly scope: AwsScope },
): string {
  const text = ["AWS4-HMAC-SHA256", at, scopeText(at, scope), sha256(canonical)].join("\n");
  const start: string | Buffer = `AWS4${key.secretAccessKey.reveal()}`;
  const derived = scopeText(at, scope).split("/").reduce<string | Buffer>(hmac, start);
  return hmac(derived, text).toString("hex");
}

function scopeText(at: string, { region, service }: AwsScope): string {
  return `${at.slice(0, 8)}/${region}/${service}/aws4_request`;
}

/** `20260101T000000Z` */
function amzDate(now: number): string {
  return new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, "");
}

/** RFC 3986, as AWS wants it: `encodeURIComponent` leaves five characters too many. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
