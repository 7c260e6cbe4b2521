import { type HttpInit, RotateError } from "@rotate/plugin-kit";
import { revealDeep, revealRecord, revealText } from "./reveal.ts";
import type { Masker } from "./types.ts";

/** A request as it goes on the wire; secrets are revealed in it. */
export interface WireRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

function invalid(message: string, hint?: string): RotateError {
  return new RotateError(message, { code: "INVALID", retryable: false, hint });
}

/** The error of `new URL` holds the whole text, so it goes no further. */
function parseUrl(text: string | URL, query: HttpInit["query"] = {}): URL {
  if (!URL.canParse(String(text))) {
    throw invalid("the URL cannot be understood", "write it whole, with https:// in front");
  }
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw invalid(`cannot speak ${url.protocol.slice(0, -1)}`, "use an https:// or http:// URL");
  }
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.append(name, String(value));
  }
  return url;
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

function authorization(url: URL, init: HttpInit, masker: Masker): string | undefined {
  if (init.bearer !== undefined) return `Bearer ${masker.reveal(init.bearer)}`;
  if (init.basic !== undefined) return basic(init.basic.username, masker.reveal(init.basic.password));
  if (url.username === "" && url.password === "") return undefined;
  return basic(decodeURIComponent(url.username), decodeURIComponent(url.password));
}

function encodeBody(init: HttpInit, masker: Masker): { readonly type?: string; readonly body?: string } {
  if ([init.json, init.form, init.body].filter((one) => one !== undefined).length > 1) {
    throw invalid("a request has one body: json, form or body");
  }
  if (init.json !== undefined) {
    return { type: "application/json", body: JSON.stringify(revealDeep(init.json, masker)) };
  }
  if (init.form !== undefined) {
    const body = new URLSearchParams(revealRecord(init.form, masker)).toString();
    return { type: "application/x-www-form-urlencoded", body };
  }
  return init.body === undefined ? {} : { body: revealText(init.body, masker) };
}

function lowerKeys(record: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name.toLowerCase(), value]));
}

function checkHeaders(headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) continue;
    const hint = "look for a line feed or another control character in the secret it is made of";
    throw invalid(`the header ${name} holds a character that HTTP cannot carry`, hint);
  }
}

/** What `init` asks for, ready to be sent. Throws INVALID, never showing the URL's userinfo or query, nor a header's value. */
export function buildRequest(target: string | URL, init: HttpInit, masker: Masker): WireRequest {
  const url = parseUrl(target, init.query);
  const { type, body } = encodeBody(init, masker);
  const auth = authorization(url, init, masker);
  const headers = {
    accept: "application/json",
    "accept-encoding": "identity",
    "user-agent": "rotate",
    ...(type === undefined ? {} : { "content-type": type }),
    ...(auth === undefined ? {} : { authorization: auth }),
    ...lowerKeys(revealRecord(init.headers ?? {}, masker)),
    ...(body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) }),
  };
  checkHeaders(headers);
  return { url, method: init.method ?? (body === undefined ? "GET" : "POST"), headers, body };
}
