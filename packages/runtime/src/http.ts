import type { Agent, IncomingMessage, RequestOptions } from "node:http";
import { type HttpAnswer, type HttpInit, RotateError, type TlsOptions } from "@rotate/plugin-kit";
import { waitError } from "./clock.ts";
import { makeAnswer, type WireAnswer } from "./http-answer.ts";
import { transportError } from "./http-errors.ts";
import { buildRequest, type WireRequest } from "./http-request.ts";
import { isDirect } from "./no-proxy.ts";
import { checkLiteral, guardedLookup } from "./link-local.ts";
import type { Masker, Runtime } from "./types.ts";

/** What HTTP needs of the rest of the runtime. */
export interface HttpParts extends Pick<Runtime, "now" | "deadline" | "env"> {
  readonly masker: Masker;
  readonly onSkew?: Runtime["onSkew"];
}

const standardMax = 1024 * 1024;
const defaultTimeout = 30_000;

type Module = typeof import("node:http") | typeof import("node:https");

/** `import` of node:http also loads undici, 22 ms; this way it does not. */
function moduleFor(url: URL): Module {
  return url.protocol === "https:" ? process.getBuiltinModule("node:https") : process.getBuiltinModule("node:http");
}

/** Which connections a request may go by. */
type AgentFor = (url: URL, init: HttpInit) => RequestOptions["agent"];

/**
 * How long a connection is kept for the next request, ms: for those that follow at once, as the rotations of one tick do. One that has been idle for longer may be
 * closed by the server just when a mint goes over it, and then nobody knows whether it happened: servers keep theirs for seconds at least, or say when they close.
 */
const keptFor = 500;

/**
 * Connections by protocol and proxy; Node itself keeps those apart that differ in host or TLS. The proxy comes from the call, else from HTTP_PROXY, HTTPS_PROXY and
 * NO_PROXY. Those whose address was looked at are kept apart: nobody else's serve a request that refuses some.
 */
function createAgents(env: HttpParts["env"]): AgentFor {
  const kept = new Map<string, Agent>();
  return (url, init) => {
    if (init.socketPath !== undefined) return false;
    const { Agent } = moduleFor(url);
    const proxyEnv = proxyOf(url, init, env);
    const key = `${url.protocol} ${init.refuseLinkLocal === true} ${JSON.stringify(proxyEnv)}`;
    const agent = kept.get(key) ?? new Agent({ keepAlive: true, timeout: keptFor, proxyEnv });
    kept.set(key, agent);
    return agent;
  };
}

function proxyOf(url: URL, { proxy }: HttpInit, env: HttpParts["env"]): Readonly<Record<string, string | undefined>> {
  if (proxy === false) return {};
  if (proxy !== undefined) return { HTTP_PROXY: proxy, HTTPS_PROXY: proxy };
  if (isDirect(url, env["no_proxy"] || env["NO_PROXY"])) return {};
  const names = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"].flatMap((name) => [name, name.toLowerCase()]);
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

function tlsOptions(tls: TlsOptions | undefined, masker: Masker) {
  return {
    rejectUnauthorized: true,
    ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls?.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls?.key === undefined ? {} : { key: masker.reveal(tls.key) }),
    ...(tls?.serverName === undefined ? {} : { servername: tls.serverName }),
  };
}

function requestOptions(
  { url, method, headers }: WireRequest,
  init: HttpInit,
  parts: HttpParts & { readonly agentFor: AgentFor },
): RequestOptions {
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  if (init.refuseLinkLocal === true) checkLiteral(hostname);
  return {
    protocol: url.protocol,
    hostname,
    ...(init.refuseLinkLocal === true ? { lookup: guardedLookup() } : {}),
    ...(url.port === "" ? {} : { port: url.port }),
    path: `${url.pathname}${url.search}`,
    method,
    headers: { ...headers },
    agent: parts.agentFor(url, init),
    ...(init.socketPath === undefined ? {} : { socketPath: init.socketPath }),
    ...(url.protocol === "https:" ? tlsOptions(init.tls, parts.masker) : {}),
  };
}

/** Where an answer comes from, and how many bytes of it are taken. */
interface Source {
  readonly origin: string;
  readonly max: number;
}

function tooLarge({ origin, max }: Source): RotateError {
  const hint = "check that the URL is the one meant";
  return new RotateError(`the answer of ${origin} is larger than ${max / 1024 / 1024} MiB`, {
    code: "BAD_ANSWER",
    retryable: false,
    hint,
  });
}

async function readBody(message: IncomingMessage, source: Source): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > source.max) throw tooLarge(source);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Does the message itself say where it ends? (RFC 9112 §6.3) */
function isFramed({ headers }: IncomingMessage): boolean {
  return headers["content-length"] !== undefined || /\bchunked\b/i.test(headers["transfer-encoding"] ?? "");
}

async function readAnswer(message: IncomingMessage, source: Source): Promise<WireAnswer> {
  const { origin, max } = source;
  if (Number(message.headers["content-length"] ?? 0) > max && message.statusCode !== 304) throw tooLarge(source);
  const encoding = message.headers["content-encoding"] ?? "identity";
  if (encoding !== "identity") {
    const hint = "something on the way compresses what asked for no compression";
    throw new RotateError(`the answer of ${origin} is compressed`, { code: "BAD_ANSWER", retryable: false, hint });
  }
  const body = await readBody(message, source);
  return { status: message.statusCode ?? 0, headers: message.headers, body, framed: isFramed(message), origin };
}

/** Sends, and waits for the head of the answer and then for all of it. Whatever ends the wait also ends the connection. */
function exchange(
  wire: WireRequest,
  options: RequestOptions,
  { signal, max }: { readonly signal: AbortSignal; readonly max: number },
): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const request = moduleFor(wire.url).request({ ...options, signal });
    request.once("error", reject);
    const onClose = (): void => reject(new Error("closed without an answer"));
    request.once("close", onClose);
    request.once("response", (message) => {
      request.off("close", onClose);
      readAnswer(message, { origin: wire.url.origin, max }).then(resolve, (error: unknown) => {
        reject(error);
        request.destroy();
      });
    });
    request.end(wire.body);
  });
}

function reportSkew(answer: WireAnswer, url: URL, parts: HttpParts): void {
  const date = Date.parse(String(answer.headers["date"]));
  if (!Number.isNaN(date)) parts.onSkew?.(parts.now() - date, url.host);
}

function timedOut(origin: string, limit: number, signal: AbortSignal): RotateError {
  const hint = "check that the host is up and reachable, or give more time";
  return waitError(
    { missing: `no answer from ${origin}`, stopped: `stopped waiting for ${origin}`, hint },
    limit,
    signal,
  );
}

/** `Runtime.http` over node:http and node:https, on real sockets. See `Http` of the plugin kit for what it promises. */
export function createHttp(given: HttpParts): Runtime["http"] {
  const parts = { ...given, agentFor: createAgents(given.env) };
  return async (target, init, signal): Promise<HttpAnswer> => {
    const wire = buildRequest(target, init, parts.masker);
    const { origin } = wire.url;
    const limit = init.timeout ?? defaultTimeout;
    const deadline = parts.deadline(limit, signal);
    try {
      if (deadline.signal.aborted) throw timedOut(origin, limit, signal);
      const waiting = { signal: deadline.signal, max: init.maxAnswer ?? standardMax };
      const answer = await exchange(wire, requestOptions(wire, init, parts), waiting);
      reportSkew(answer, wire.url, parts);
      return makeAnswer(answer, parts.now());
    } catch (error) {
      if (error instanceof RotateError) throw error;
      throw deadline.signal.aborted ? timedOut(origin, limit, signal) : transportError(error, origin);
    } finally {
      deadline.clear();
    }
  };
}
