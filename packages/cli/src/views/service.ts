/** What is seen of a daemon from outside: endpoints on a port. A service: started once, it lives through every reload of the spec. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { hostname } from "node:os";
import { EngineError, type DaemonView, type Runtime, type Service } from "@rotate/core";
import type { SecretRef } from "@rotate/plugin-kit";
import { type Address, isLoopback } from "./address.ts";
import { type Answer, createSend, fail } from "./answer.ts";
import { apiRoutes, metricsRoute } from "./api.ts";
import { createCounters } from "./counters.ts";
import { type GuardOptions, refusalOf } from "./guard.ts";
import { healthRoutes, readyRoutes } from "./health.ts";
import { createOutlook } from "./overview.ts";
import { pageRoutes } from "./page.ts";
import { type Route, routeOf } from "./routes.ts";
import { type Handler, type Listening, openServer, type TlsFiles } from "./server.ts";
import { createStreams } from "./streams.ts";
import { createTurns } from "./turns.ts";

/** Where the endpoints are, and by which names they may be called. */
export interface ViewsOptions {
  readonly listen?: Address | undefined;
  /** Serves `/livez`, `/readyz` and `/startupz` alone, without names, for everybody. */
  readonly listenHealth?: Address | undefined;
  /** Names by which it may be called. */
  readonly hosts: readonly string[];
  readonly version: string;
  readonly runtime: Runtime;
}

/** The service of `rotate watch --listen` and `--listen-health`. */
export function createViews(options: ViewsOptions): Service {
  return { name: "endpoints", start: (daemon) => startViews(daemon, options) };
}

async function startViews(daemon: DaemonView, options: ViewsOptions): Promise<() => Promise<void>> {
  const { runtime, listen, listenHealth, hosts, version } = options;
  const ending = new AbortController();
  const { signal } = ending;
  const about = {
    version,
    host: hostname(),
    startedAt: new Date(daemon.now()).toISOString(),
    boot: Math.floor(runtime.random() * 2 ** 32).toString(36),
  };
  const outlook = createOutlook({ daemon, runtime, about, signal });
  const streams = createStreams({ outlook, daemon, runtime, signal });
  const counters = await createCounters(daemon);
  const health = { daemon, read: outlook.read };
  const parts = { daemon, outlook, runtime };
  const open: Listening[] = [];

  async function stop(): Promise<void> {
    ending.abort();
    streams.close();
    counters.close();
    await Promise.all(open.map(({ close }) => close()));
  }

  try {
    if (listen !== undefined) {
      const { tls, token } = await accessOf(listen, daemon);
      const routes = [
        ...readyRoutes(health),
        ...healthRoutes(health),
        metricsRoute({ ...parts, counters }),
        ...apiRoutes({ ...parts, streams }),
        ...pageRoutes(await import("./page-files.ts").then(({ pageFiles }) => pageFiles())),
      ];
      const server = await openServer(
        { address: listen, flag: "listen", tls },
        handlerOf(routes, (request) => refusalOf(request, { hosts, token }), runtime),
      );
      open.push(server);
      runtime.log.info(`the page is at ${server.url}`);
    }
    if (listenHealth !== undefined) {
      const handler = handlerOf(healthRoutes(health), (request) => refusalOf(request, { hosts }), runtime);
      const server = await openServer({ address: listenHealth, flag: "listen-health" }, handler);
      open.push(server);
      runtime.log.info(`/livez, /readyz and /startupz are at ${server.url}`);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

interface Access {
  readonly tls: TlsFiles | undefined;
  readonly token: GuardOptions["token"];
}

/** Beyond this machine nobody asks unseen: it takes TLS and a token. */
async function accessOf(address: Address, daemon: DaemonView): Promise<Access> {
  const given = daemon.spec().monitor?.["listen"] as
    | { readonly tls?: Readonly<Record<keyof TlsFiles, unknown>>; readonly token?: SecretRef }
    | undefined;
  if (!isLoopback(address) && (given?.tls === undefined || given.token === undefined))
    throw new EngineError(`${address.host} can be reached from other machines, and needs TLS and a token`, {
      code: "ROTATE_LISTEN",
      exitCode: 2,
      hint: "write `monitor: { listen: { tls: { cert, key }, token: { file: … } } }`, or listen on 127.0.0.1",
    });
  const { tls, token } = given ?? {};
  const text = async (value: unknown): Promise<string> =>
    typeof value === "string" ? value : (await daemon.resolve(value as SecretRef)).reveal();
  if (token !== undefined) await daemon.resolve(token);
  return {
    tls: tls && { cert: await text(tls.cert), key: await text(tls.key) },
    token: token && (() => daemon.resolve(token)),
  };
}

/** Answers by the routes what is not refused. All text goes through the mask; a fault of ours is logged, and told without its text. */
export function handlerOf(
  routes: readonly Route[],
  refuse: (request: IncomingMessage) => Promise<Answer | undefined>,
  { log, masker }: Pick<Runtime, "log" | "masker">,
): Handler {
  const send = createSend();
  const takeTurn = createTurns();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<Answer | undefined> {
    const refusal = await refuse(request);
    if (refusal !== undefined) return refusal;
    const found = routeOf(routes, request);
    if (found === undefined) return fail(404, "there is nothing at this path");
    const { route, params, query } = found;
    return route.answer({ request, response, params, query });
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await takeTurn(request, response);
      if (response.destroyed) return; // who asked has gone
      const given = await answer(request, response);
      if (given === undefined) return;
      const { body, isMasked = typeof body !== "string" } = given;
      await send(request, response, isMasked ? given : { ...given, body: masker.mask(String(body)) });
    } catch (error) {
      log.warn("could not answer", { path: request.url?.split("?")[0], error });
      if (response.headersSent) response.destroy();
      else await send(request, response, fail(503, "rotate cannot tell now; its log says why"));
    }
  }

  return (request, response) => void handle(request, response);
}
