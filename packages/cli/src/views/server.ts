import { readFile } from "node:fs/promises";
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { EngineError } from "@rotate/core";
import { type Address, urlOf } from "./address.ts";
import { bound } from "./connections.ts";

/** Takes one request. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** PEM files. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** A server that listens. */
export interface Listening {
  /** `http://127.0.0.1:9465` */
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Nobody keeps us busy for longer, however slow: ms, bytes. */
const limits = {
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 5_000,
  maxHeaderSize: 16_384,
} as const satisfies ServerOptions;
/** Listens by HTTP, or HTTPS. Throws EngineError `ROTATE_LISTEN` with what to do. @param flag for messages */
export async function openServer(
  { address, flag, tls }: { readonly address: Address; readonly flag: string; readonly tls?: TlsFiles | undefined },
  handler: Handler,
): Promise<Listening> {
  const server = tls === undefined ? await plainServer(handler) : await tlsServer(handler, tls);
  bound(server);
  await listen(server, address).catch((error: NodeJS.ErrnoException) => {
    throw listenError(error, address, flag);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: urlOf({ ...address, port }, tls === undefined ? "http" : "https"),
    close: () => closeServer(server),
  };
}

/** A server by HTTP, bound to nothing yet. */
export async function plainServer(handler: Handler): Promise<Server> {
  const { createServer } = await import("node:http");
  return createServer(limits, handler);
}

async function tlsServer(handler: Handler, tls: TlsFiles): Promise<Server> {
  const { createServer } = await import("node:https");
  const [cert, key] = await Promise.all([readPem(tls.cert), readPem(tls.key)]);
  try {
    return createServer({ ...limits, cert, key, minVersion: "TLSv1.2", handshakeTimeout: 5_000 }, handler);
  } catch (error) {
    throw unusable(`${tls.cert} and ${tls.key} are no certificate with its key: ${(error as Error).message}`);
  }
}

async function readPem(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw unusable(`cannot read ${path}: ${(error as Error).message}`);
  }
}

function unusable(message: string): EngineError {
  const hint = "`monitor.listen.tls` names two PEM files that the user running rotate may read";
  return new EngineError(message, { code: "ROTATE_LISTEN", exitCode: 2, hint });
}

/** Resolves when it listens; rejects with the error of the system. */
export function listen(server: Server, where: Address | { readonly path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(where, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** At once: whoever is connected asks again elsewhere. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

const remedies: Readonly<Record<string, string>> = {
  EADDRINUSE: "something listens there already: is another `rotate watch` running? Else choose another port",
  EACCES: "ports below 1024 are root's: choose a higher one",
  EADDRNOTAVAIL: "this machine has no such address",
  ENOTFOUND: "write an address instead of the name",
};

function listenError(
  { code = "", message }: NodeJS.ErrnoException,
  { host, port }: Address,
  flag: string,
): EngineError {
  return new EngineError(`cannot listen on ${host}:${port} (${code === "" ? message : code})`, {
    code: "ROTATE_LISTEN",
    exitCode: 2,
    hint: remedies[code] ?? `give --${flag} another address`,
  });
}
