import type { IncomingMessage } from "node:http";
import type { ListeningAt } from "@rotate/plugin-kit";

/** Why a request is not answered. */
export interface Refusal {
  readonly status: number;
  /** For counting. */
  readonly word: string;
  readonly message: string;
}

/** What a proxy adds: a service that fetches what strangers name must not fetch this. */
const proxied = /^(x-forwarded-.*|forwarded|via)$/;
/** What browsers add (Fetch standard, W3C Fetch Metadata): no page may ask. `sec-fetch-mode` alone is sent by the fetch of Node. */
const browsed = /^(origin|sec-fetch-(site|dest|user))$/;

/**
 * Why a request gets no answer, whatever it asks for; undefined when it may. A name that leads to this machine today (DNS rebinding) is not ours; nor is a request that came
 * through somebody, or that can be read in two ways.
 */
export function refusalOf(request: IncomingMessage, at: ListeningAt): Refusal | undefined {
  const { headers, url = "", rawHeaders } = request;
  const names = rawHeaders.filter((_, place) => place % 2 === 0).map((name) => name.toLowerCase());
  if (!url.startsWith("/")) return refuse(400, "absolute-url", "name a path, not a whole address");
  if (new Set(names).size < names.length) return refuse(400, "double-header", "a header stands there twice");
  if (!isOurs(headers.host ?? "", at)) return refuse(403, "other-host", "this is not the host that was asked for");
  if (names.some((name) => proxied.test(name))) return refuse(403, "forwarded", "forwarded requests are not answered");
  if (names.some((name) => browsed.test(name))) return refuse(403, "browser", "browsers are not answered");
  if (headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0)
    return refuse(413, "body", "a question has no body");
  return undefined;
}

function refuse(status: number, word: string, message: string): Refusal {
  return { status, word, message };
}

/** On a socket any name will do: no browser gets there. */
function isOurs(host: string, at: ListeningAt): boolean {
  if ("socket" in at) return true;
  return [`127.0.0.1:${at.port}`, `localhost:${at.port}`, `[::1]:${at.port}`].includes(host.toLowerCase());
}
