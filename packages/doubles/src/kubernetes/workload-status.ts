/** What a controller writes into the status of a workload (apps/v1 DeploymentStatus, StatefulSetStatus, DaemonSetStatus). */
import { createHash } from "node:crypto";
import type { Json, KubernetesWorkload } from "./types.ts";

/** `progressDeadlineSeconds` of a Deployment, milliseconds. */
const deadline = 600_000;

/** How far a rollout has come. */
export interface Rollout {
  readonly settings: KubernetesWorkload;
  /** How often the template changed. */
  changes: number;
  /** Milliseconds since 1970. */
  startedAt: number;
  /** Pods of the newest template; below 0: the controller has not looked yet, so many looks before it does. */
  updated: number;
  /** Of these the ready ones. */
  ready: number;
}

/** Its `spec`. */
export function specOf(body: Json): Json {
  return body["spec"] as Json;
}

/** Its pod template as text: another text is a rollout. */
export function templateOf(body: Json): string {
  return JSON.stringify(specOf(body)["template"]);
}

/** How many pods it is to have. */
export function sizeOf({ settings }: Rollout, body: Json): number {
  return Number(specOf(body)["replicas"] ?? settings.replicas ?? 2);
}

/** `now` in milliseconds since 1970. */
export function statusOf(body: Json, rollout: Rollout, now: number): Json {
  const size = sizeOf(rollout, body);
  const generation = Number((body["metadata"] as Json)["generation"]);
  const observedGeneration = rollout.updated < 0 ? generation - 1 : generation;
  const updated = Math.max(0, rollout.updated);
  const done = updated === size && rollout.ready === size;
  const view = { size, updated, ready: rollout.ready, done, observedGeneration };
  if (rollout.settings.kind === "daemonset") return daemonStatus(view);
  if (rollout.settings.kind === "statefulset") return setStatus(view, templateOf(body));
  return deploymentStatus(view, !done && now - rollout.startedAt > deadline);
}

interface View {
  readonly size: number;
  readonly updated: number;
  readonly ready: number;
  readonly done: boolean;
  readonly observedGeneration: number;
}

function daemonStatus({ size, updated, ready, observedGeneration }: View): Json {
  const available = size - updated + ready;
  const counts = { currentNumberScheduled: size, desiredNumberScheduled: size, numberMisscheduled: 0 };
  return {
    ...counts,
    observedGeneration,
    updatedNumberScheduled: updated,
    numberReady: available,
    numberAvailable: available,
  };
}

function setStatus({ size, updated, ready, done, observedGeneration }: View, template: string): Json {
  const updateRevision = `app-${createHash("sha256").update(template).digest("hex").slice(0, 10)}`;
  const available = size - updated + ready;
  return {
    observedGeneration,
    replicas: size,
    readyReplicas: available,
    availableReplicas: available,
    currentReplicas: done ? size : size - updated,
    updatedReplicas: updated,
    updateRevision,
    currentRevision: done ? updateRevision : "app-5d8c4f7b9c",
    collisionCount: 0,
  };
}

function deploymentStatus({ size, updated, ready, done, observedGeneration }: View, late: boolean): Json {
  const surge = done || updated === 0 ? 0 : 1;
  const old = Math.max(0, size + surge - updated);
  const progress = late
    ? {
        status: "False",
        reason: "ProgressDeadlineExceeded",
        message: 'ReplicaSet "app-7c5ddbdf54" has timed out progressing.',
      }
    : { status: "True", reason: done ? "NewReplicaSetAvailable" : "ReplicaSetUpdated", message: "" };
  return {
    observedGeneration,
    replicas: old + updated,
    updatedReplicas: updated,
    readyReplicas: old + ready,
    availableReplicas: old + ready,
    conditions: [{ type: "Progressing", ...progress }],
  };
}
