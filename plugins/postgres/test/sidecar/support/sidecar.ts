import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RotateError, Secret } from "@rotate/plugin-kit";
import { listen } from "@rotate/doubles";
import type { Upstream } from "../../../src/sidecar/dial.ts";
import { trustIn } from "../../../src/sidecar/dial.ts";
import { completer, type SessionRules } from "../../../src/sidecar/complete.ts";
import { createDerive } from "../../../src/sidecar/scram-client.ts";
import { createVerifiers } from "../../../src/sidecar/scram-server.ts";
import { createSidecar, type Sidecar } from "../../../src/sidecar/sidecar.ts";

/** How the engine listens. */
const asTheEngine = { pauseOnConnect: true, noDelay: true, allowHalfOpen: true };

/** A lease of the test's own issuer. */
export interface TestLease {
  readonly leaseId: string;
  readonly user: string;
  readonly password: string;
}

/** What differs from a sidecar with one lease on a Unix socket. */
export interface TestSidecarOptions extends Partial<SessionRules> {
  readonly upstream: Pick<Upstream, "port"> & Partial<Upstream>;
  readonly ca: string;
  /** The first is current; a refusal of it brings the next. */
  readonly leases: readonly [TestLease, ...TestLease[]];
  readonly local?: { readonly user: string; readonly password: string };
  readonly maxSessions?: number;
  readonly startupTimeout?: number;
  readonly cancelsForGone?: boolean;
  readonly allowMd5?: boolean;
  readonly limit?: (milliseconds: number) => AbortSignal;
}

/** A running sidecar, with what a test wants to see of it. */
export interface TestSidecar extends Sidecar {
  /** Holds `.s.PGSQL.5432`. */
  readonly directory: string;
  readonly socket: string;
  /** The same on a port of 127.0.0.1. */
  readonly port: number;
  /** Sessions by lease, as the engine counts them. */
  readonly held: () => Readonly<Record<string, number>>;
  readonly refusals: readonly string[];
  /** Leases that were refused, in order. */
  readonly refused: readonly string[];
  /** How many leases were given beyond the first. */
  readonly mints: () => number;
  /** The next lease becomes current. */
  readonly rotate: () => void;
  readonly logs: readonly string[];
  readonly stop: () => Promise<void>;
}

/** Starts one. Whoever starts it stops it. */
export async function startSidecar(options: TestSidecarOptions): Promise<TestSidecar> {
  const directory = await mkdtemp(join(tmpdir(), "rotate-sidecar-"));
  const socket = join(directory, ".s.PGSQL.5432");
  const counts = new Map<string, number>();
  const [refusals, refused, logs] = [[] as string[], [] as string[], [] as string[]];
  let at = 0;

  function current(no?: string): Promise<{ leaseId: string; user: string; password: Secret }> {
    if (options.leases[at]?.leaseId === no) at++;
    const lease = options.leases[at];
    if (lease === undefined) return Promise.reject(spent());
    return Promise.resolve({ ...lease, password: new Secret(lease.password) });
  }
  function held(leaseId: string): () => void {
    counts.set(leaseId, (counts.get(leaseId) ?? 0) + 1);
    return () => void counts.set(leaseId, (counts.get(leaseId) ?? 0) - 1);
  }
  const say = (message: string, fields?: object): void => void logs.push(`${message} ${JSON.stringify(fields)}`);
  const trust = trustIn(options.ca);
  const verifierOf = createVerifiers();
  const { local } = options;
  const sidecar = createSidecar({
    maxSessions: 100,
    startupTimeout: 30_000,
    cancelsForGone: false,
    ...options,
    local:
      local &&
      (async () => {
        const password = new Secret(local.password);
        return { login: { user: local.user, password }, verifier: await verifierOf(password) };
      }),
    complete: completer({ allowReplication: false, ...options }),
    refusal: (word) => void refusals.push(word),
    log: { debug: say, info: say, warn: say },
    source: {
      upstream: { host: "localhost", direct: false, ...options.upstream },
      allowMd5: options.allowMd5 ?? false,
      derive: createDerive(),
      trust: () => Promise.resolve(trust),
      current,
      held,
      refusedAt: ({ leaseId }) => void refused.push(leaseId),
    },
  });
  const onUnix = createServer(asTheEngine, sidecar.take);
  const onPort = createServer(asTheEngine, sidecar.take);
  await once(onUnix.listen(socket), "listening");
  const port = await listen(onPort);

  async function stop(): Promise<void> {
    onUnix.close();
    onPort.close();
    await sidecar.close(AbortSignal.abort());
    await rm(directory, { recursive: true, force: true });
  }
  return {
    ...sidecar,
    directory,
    socket,
    port,
    held: () => Object.fromEntries([...counts].filter(([, count]) => count > 0)),
    refusals,
    refused,
    mints: () => at,
    rotate: () => void at++,
    logs,
    stop,
  };
}

function spent(): RotateError {
  return new RotateError("the budget of mints is spent", { code: "RATE_LIMITED", retryable: true, hint: "wait" });
}

/** All that comes out of a socket until it closes. */
export async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", () => socket.destroy());
  await new Promise<void>((resolve) => void socket.resume().once("close", () => resolve()));
  return Buffer.concat(chunks);
}
