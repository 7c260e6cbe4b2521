/** A daemon that a test turns, with the real endpoints before it. */
import { request as requestOf, type IncomingHttpHeaders } from "node:http";
import {
  causesOf,
  createEvents,
  createRuntime,
  type DaemonStatus,
  type DaemonView,
  type Engine,
  type EngineEvent,
  type RotationStatus,
  type Runtime,
  type Spec,
} from "@rotate/core";
import { Secret } from "@rotate/plugin-kit";
import { createFakeClock, type FakeClock } from "@rotate/testkit";
import { onTestFinished } from "vitest";
import { createViews, type ViewsOptions } from "../../src/views/service.ts";

export interface Scene {
  readonly clock: FakeClock;
  readonly runtime: Runtime;
  readonly daemon: DaemonView;
  /** What there is from now on. */
  readonly show: (...rotations: readonly RotationStatus[]) => void;
  /** Something happens. */
  readonly emit: (event: EngineEvent) => void;
  readonly set: (state: Partial<State>) => void;
  readonly logs: readonly string[];
  /** Starts the endpoints, and gives where they are. */
  readonly listen: (options?: Partial<ViewsOptions>) => Promise<string>;
}

interface State {
  readonly monitor: Spec["monitor"];
  /** Monotonic ms. */
  readonly lookedAt: number | undefined;
  readonly engine: Partial<Engine>;
  readonly secrets: Readonly<Record<string, string>>;
  /** What else there is to tell. */
  readonly more: Partial<DaemonStatus>;
}

/** One that is well, issued at the start of the clock for an hour. */
export function statusOf(name: string, more: Partial<RotationStatus> = {}): RotationStatus {
  const issuedAt = "2026-01-01T00:00:00.000Z";
  const expiresAt = "2026-01-01T01:00:00.000Z";
  return {
    name,
    provider: "vault",
    kind: "vault",
    state: "fresh",
    code: "fresh",
    exit: 0,
    expiresAt,
    credential: { fingerprint: "20c4dabe4221", issuedAt, expiresAt },
    held: { issuedAt, expiresAt },
    refreshAt: "2026-01-01T00:40:00.000Z",
    deadline: "2026-01-01T00:54:00.000Z",
    nextAt: "2026-01-01T00:40:00.000Z",
    lastSuccess: issuedAt,
    leases: [],
    warnings: [],
    ...more,
  };
}

/** One that fails, of whom there may be many. */
export function failingOf(name: string, more: Partial<RotationStatus> = {}): RotationStatus {
  const lastError = {
    at: "2026-01-01T00:45:00.000Z",
    code: "ROTATE_MINT_UNAVAILABLE",
    message: "vault.internal:8200 answered 503: Vault is sealed",
    hint: "unseal Vault; rotate tries again by itself",
    retryable: true,
  };
  return statusOf(name, {
    state: "failing",
    code: "failing",
    exit: 1,
    alarm: "failed",
    reason: lastError.message,
    failures: 3,
    failingSince: "2026-01-01T00:41:00.000Z",
    lastError,
    ...more,
  });
}

/** `real`: the clock of the machine, for what waits on sockets. */
export function createDaemonScene({ real = false } = {}): Scene {
  const clock = createFakeClock();
  const logs: string[] = [];
  const log = { write: (line: string) => void logs.push(line), level: "debug" as const };
  const runtime = createRuntime({ log, env: {}, ...(real ? {} : { clock }) });
  const events = createEvents(runtime.log);
  let rotations: readonly RotationStatus[] = [];
  let state: State = { monitor: undefined, lookedAt: runtime.monotonic(), engine: {}, secrets: {}, more: {} };

  function spec(): Spec {
    const named = rotations.map(({ name, provider }) => ({ name, provider: { name: provider } }));
    return { file: "/etc/rotate/rotate.yaml", rotations: named, monitor: state.monitor } as unknown as Spec;
  }

  async function status(): Promise<DaemonStatus> {
    const causes = causesOf(rotations);
    const ids = new Map(causes.flatMap(({ id, names }) => names.map((name) => [name, id] as const)));
    const states = [...Map.groupBy(rotations, (one) => one.state)].map(([key, { length }]) => [key, length]);
    return {
      version: 1,
      at: new Date(runtime.now()).toISOString(),
      summary: { total: rotations.length, states: Object.fromEntries(states), rotating: 0 },
      rotations: rotations.map((one) => ({ ...one, ...(ids.has(one.name) && { cause: ids.get(one.name)! }) })),
      causes,
      troubles: [],
      ...state.more,
    };
  }

  const daemon: DaemonView = {
    events: { on: events.on },
    now: runtime.now,
    spec,
    status,
    reload: () => undefined,
    ask: (question) => question(state.engine as Engine),
    sinceLook: () => (state.lookedAt === undefined ? undefined : runtime.monotonic() - state.lookedAt),
    stopping: new AbortController().signal,
    clockSkew: () => undefined,
    troubles: { raise: () => undefined, over: () => undefined, current: () => [] },
    phase: () => (state.lookedAt === undefined ? "starting" : "running"),
    resolve: async (ref) => new Secret(state.secrets[ref as unknown as string] ?? ""),
  };

  return {
    clock,
    runtime,
    daemon,
    show: (...shown) => void (rotations = shown),
    emit: events.emit,
    set: (more) => void (state = { ...state, ...more }),
    logs,
    async listen(options = {}) {
      const listen = { host: "127.0.0.1", port: 0 };
      const views = createViews({ listen, hosts: [], version: "1.2.3", runtime, ...options });
      const stop = await views.start(daemon);
      onTestFinished(stop);
      return /https?:\S+/.exec(logs.at(-1) ?? "")?.[0] ?? "";
    },
  };
}

/** An event that says nothing but that something happened. */
export const happened: EngineEvent = { type: "spec-reloaded", rotations: 1 };

export interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: () => Record<string, never>;
}

export interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Asks as it is told, with any Host header. */
export function get(url: string, { method = "GET", headers = {}, body }: Asking = {}): Promise<Got> {
  return new Promise((resolve, reject) => {
    const asking = requestOf(url, { method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("error", reject);
      response.on("end", () => {
        const { statusCode: status = 0, headers: answered } = response;
        resolve({ status, headers: answered, text, json: () => JSON.parse(text) as Record<string, never> });
      });
    });
    asking.on("error", reject);
    asking.end(body);
  });
}
