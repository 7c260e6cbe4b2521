import {
  invalid,
  meanings,
  RotateError,
  type HttpAnswer,
  type HttpInit,
  type Secret,
  type TlsOptions,
} from "@rotate/plugin-kit";
import { secured } from "@rotate/plugin-kit/tokens";
import type { Options, VaultContext } from "./options.ts";
import { type Addressed, refusal } from "./refusal.ts";

/** One request to the API. */
export interface VaultRequest extends Addressed {
  readonly query?: HttpInit["query"];
  readonly json?: unknown;
  readonly token?: Secret | undefined;
  /** Default: the provider's. */
  readonly namespace?: string | undefined;
}

/** Tries of a request that a node is not ready to answer (412), and the pause between them in ms. */
const staleTries = 3;
const stalePause = 500;

/**
 * Sends a request and gives a success. Throws what `refusal` makes of anything else.
 * 412 is a standby that has not yet seen our token or write: asked again twice. A redirect is followed once, by our own rules.
 */
export async function call(ctx: VaultContext, request: VaultRequest): Promise<HttpAnswer> {
  const answer = await send(ctx, request);
  if (!answer.ok) throw refusal(request, answer);
  return answer;
}

/** The same, whatever the status. */
export async function send(ctx: VaultContext, request: VaultRequest): Promise<HttpAnswer> {
  const init = await initOf(ctx, request);
  for (let tries = 1; ; tries += 1) {
    const answer = await follow(ctx, urlOf(ctx.options.address, request.path), init);
    if (answer.status !== 412 || tries === staleTries) return answer;
    await ctx.sleep(stalePause);
  }
}

function urlOf(address: string, path: string): URL {
  const { href } = secured("address", address);
  const base = href.endsWith("/") ? href : `${href}/`;
  return new URL(`v1/${path.split("/").map(encodeURIComponent).join("/")}`, base);
}

async function initOf(ctx: VaultContext, { verb, query, json, token, namespace }: VaultRequest): Promise<HttpInit> {
  const headers = {
    // Vault takes a PATCH of this type only (RFC 7396).
    ...(verb === "PATCH" && { "content-type": "application/merge-patch+json" }),
    "x-vault-request": "true",
    "x-vault-token": token,
    "x-vault-namespace": (namespace ?? ctx.options.namespace) || undefined,
  };
  const tls = await tlsOf(ctx);
  return { method: verb, headers, ...(query && { query }), ...(json !== undefined && { json }), ...(tls && { tls }) };
}

async function tlsOf({ options: { tls }, resolve }: VaultContext): Promise<TlsOptions | undefined> {
  if (tls === undefined) return undefined;
  const { ca, cert, key, serverName } = tls;
  if (ca !== undefined) checkPem("tls.ca", ca);
  if (cert !== undefined) checkPem("tls.cert", cert);
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key: await resolve(key) }),
    ...(serverName !== undefined && { serverName }),
  };
}

function checkPem(option: string, text: string): void {
  if (text.includes("-----BEGIN ")) return;
  throw invalid(`${option} is no PEM text`, `write ${option.split(".")[1]}: { file: PATH } to have the file read`);
}

/** A standby that does not forward answers 307 with the active node's address (internal/http/handler.go, respondStandby). */
async function follow(ctx: VaultContext, url: URL, init: HttpInit): Promise<HttpAnswer> {
  const answer = await ctx.http(url, init);
  if (![301, 302, 307, 308].includes(answer.status)) return answer;
  const target = targetOf(url, answer.headers.get("location"), ctx.options);
  ctx.log.debug("a standby sent us to the active node", { host: target.host });
  const { query: _alreadyThere, ...rest } = init;
  const second = await ctx.http(target, rest);
  if (![301, 302, 307, 308].includes(second.status)) return second;
  throw astray(
    `${target.host} sends us on again`,
    "the cluster has no settled active node; it may work a little later",
  );
}

/** The token goes only to a host that the spec names, never from https to http, and only for the same path. */
function targetOf(url: URL, location: string | null, { redirectHosts = [] }: Options): URL {
  if (location === null || !URL.canParse(location, url)) throw astray(`${url.host} redirects to nowhere`, proxyHint);
  const target = new URL(location, url);
  if (target.pathname !== url.pathname) throw astray(`${url.host} redirects to another page`, proxyHint);
  if (url.protocol === "https:" && target.protocol !== "https:") {
    throw astray(`${url.host} redirects from https to http`, "give the active node an https api_addr");
  }
  if (target.hostname === url.hostname || redirectHosts.includes(target.hostname))
    return secured("the active node", target.href);
  throw astray(
    `${url.host} is a standby and sends us to ${target.hostname}`,
    `list ${target.hostname} under redirectHosts, or give the address of the cluster's load balancer`,
  );
}

const proxyHint = "a proxy or login page may stand between: check the address";

function astray(message: string, hint: string): RotateError {
  return new RotateError(message, { ...meanings.wait, hint });
}
