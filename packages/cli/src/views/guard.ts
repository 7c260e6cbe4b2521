import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import type { Secret } from "@rotate/plugin-kit";
import { type Answer, fail } from "./answer.ts";

/** Whom an endpoint answers. */
export interface GuardOptions {
  /** Names by which it may be called, beside its addresses and `localhost`. */
  readonly hosts: readonly string[];
  /** What has to be shown; undefined: nothing. Read at each request, so that a new one holds at once. */
  readonly token?: (() => Promise<Secret>) | undefined;
}

/** Why a request is not answered; undefined when it is. */
export async function refusalOf(request: IncomingMessage, { hosts, token }: GuardOptions): Promise<Answer | undefined> {
  const { method, headers, url = "" } = request;
  if (method !== "GET" && method !== "HEAD") return fail(405, "only GET is answered here", { allow: "GET, HEAD" });
  if (!url.startsWith("/")) return fail(400, "the request names no path");
  if (hasBody(headers)) return fail(413, "a question has no body", { connection: "close" });
  if (request.rawHeaders.filter((name, at) => at % 2 === 0 && /^host$/i.test(name)).length > 1)
    return fail(400, "the request names two hosts");
  // A page of another site whose name was made to lead here reads nothing (DNS rebinding): an address cannot be rebound, a name can.
  if (!isOurs(hostOf(headers.host), hosts))
    return fail(421, "this is not the host that was asked for: --listen-host names more");
  // A link may lead here; nothing of another site may look inside (W3C Fetch Metadata).
  if (headers["sec-fetch-site"] === "cross-site" && headers["sec-fetch-mode"] !== "navigate")
    return fail(403, "another site may not ask");
  if (token === undefined || isShown((await token()).reveal(), headers.authorization)) return undefined;
  return fail(401, "show the token", { "www-authenticate": 'Basic realm="rotate", charset="UTF-8"' });
}

function hasBody(headers: IncomingMessage["headers"]): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** Without its port. */
function hostOf(header = ""): string {
  return header
    .replace(/:\d+$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .toLowerCase();
}

function isOurs(host: string, hosts: readonly string[]): boolean {
  return host === "localhost" || isIP(host) !== 0 || hosts.some((name) => name.toLowerCase() === host);
}

/** `Bearer TOKEN`, or `Basic` with the token as the password: a browser asks for one and sends it with every request. */
function isShown(token: string, header = ""): boolean {
  const [scheme = "", value = ""] = header.split(" ");
  if (/^bearer$/i.test(scheme)) return isSame(value, token);
  if (!/^basic$/i.test(scheme)) return false;
  const [, password] = /^[^:]*:(.*)$/s.exec(Buffer.from(value, "base64").toString()) ?? [];
  return password !== undefined && isSame(password, token);
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash("sha256").update(text).digest());
  return timingSafeEqual(a!, b!);
}
