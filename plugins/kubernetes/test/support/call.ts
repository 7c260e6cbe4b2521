import {
  isRotateError,
  type LoggedIn,
  type Prepared,
  type ReloadEvent,
  type RotateError,
  type Sink,
} from "@rotate/plugin-kit";
import { createTestContext, sinkValues, type FakeClock, type TestContext } from "@rotate/testkit";
import { kubernetesRollout } from "../../src/kubernetes-rollout.ts";
import { kubernetesSecret } from "../../src/kubernetes-secret.ts";
import type { Cluster } from "./cluster.ts";

export interface CallSettings {
  readonly options?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly clock?: FakeClock;
  /** Milliseconds. */
  readonly timeout?: number;
}

const place = { namespace: "app", name: "db" };

/** A context for the sink, whose target is the Secret app/db. */
export function secretContext({ kubeconfig }: Pick<Cluster, "kubeconfig">, settings: CallSettings = {}): TestContext {
  const options = { ...place, kubeconfig, ...settings.options };
  return createTestContext({ ...settings, options, schema: kubernetesSecret.options });
}

export function prepare(ctx: TestContext, texts: Readonly<Record<string, string>>): Promise<Prepared<LoggedIn>> {
  return kubernetesSecret.prepare(sinkValues(texts), ctx);
}

/** Prepares and commits. */
export async function write(ctx: TestContext, texts: Readonly<Record<string, string>>): Promise<Prepared<LoggedIn>> {
  const prepared = await prepare(ctx, texts);
  if (prepared.changed) await prepared.commit(ctx);
  return prepared;
}

/** A context for the reload of the Deployment app/web. */
export function rolloutContext({ kubeconfig }: Cluster, settings: CallSettings = {}): TestContext {
  const options = { namespace: "app", name: "web", kubeconfig, ...settings.options };
  return createTestContext({ ...settings, options, schema: kubernetesRollout.options });
}

export const event: ReloadEvent = {
  rotation: "db",
  reason: "rotated",
  fingerprint: "f1e2d3c4",
  expiresAt: new Date(Date.UTC(2030, 0, 1)),
  written: [],
};

/** What a call threw. */
export async function errorOf(call: Promise<unknown>): Promise<RotateError> {
  try {
    await call;
  } catch (error) {
    if (isRotateError(error)) return error;
    throw error;
  }
  throw new Error("the call succeeded");
}

export type SinkWithFence = Sink & Required<Pick<Sink, "fence" | "check" | "read">>;
/** The sink with what it has. */
export const sink = kubernetesSecret as SinkWithFence;
