/** Deployments, StatefulSets and DaemonSets, and the controllers that roll them out: one step at each look. */
import { freshMetadata, type Store, type Stored } from "./store.ts";
import type { Json, KubernetesWorkload, ObjectKey, WorkloadKind } from "./types.ts";
import { sizeOf, specOf, statusOf, templateOf, type Rollout } from "./workload-status.ts";

/** How the API names each kind. */
export const workloadKinds: Readonly<Record<WorkloadKind, { readonly kind: string; readonly resource: string }>> = {
  deployment: { kind: "Deployment", resource: "deployments" },
  statefulset: { kind: "StatefulSet", resource: "statefulsets" },
  daemonset: { kind: "DaemonSet", resource: "daemonsets" },
};

/** The plurals that paths have. */
export const workloadResources: readonly string[] = Object.values(workloadKinds).map(({ resource }) => resource);

/** What the controllers do; nothing goes on between two calls. */
export interface Workloads {
  readonly add: (settings: KubernetesWorkload) => void;
  /** After a write of the spec: a new generation, and a rollout when the template changed. */
  readonly written: (before: Stored, after: Stored["body"]) => Stored["body"];
  /** Lets the controller do one step. */
  readonly step: (stored: Stored) => Stored;
  readonly changes: (key: ObjectKey) => number;
}

function idOf({ resource, namespace, name }: ObjectKey): string {
  return `${resource}/${namespace}/${name}`;
}

/** Controllers over these objects; `now` is ms since 1970. */
export function createWorkloads(store: Store, now: () => number): Workloads {
  const rollouts = new Map<string, Rollout>();

  function add(settings: KubernetesWorkload): void {
    const key = { resource: workloadKinds[settings.kind].resource, namespace: settings.namespace, name: settings.name };
    const size = settings.replicas ?? 2;
    const rollout = { settings, changes: 0, startedAt: now(), updated: size, ready: size };
    rollouts.set(idOf(key), rollout);
    const body = { ...firstBody(settings), metadata: { ...freshMetadata(key, now()), generation: 1 } };
    store.put({ key, body: { ...body, status: statusOf(body, rollout, now()) }, managers: [] });
  }

  function written(before: Stored, after: Stored["body"]): Stored["body"] {
    if (JSON.stringify(before.body["spec"]) === JSON.stringify(after["spec"])) return after;
    const rollout = rollouts.get(idOf(before.key));
    if (rollout === undefined) return after;
    if (templateOf(before.body) !== templateOf(after)) {
      rollout.changes += 1;
      rollout.startedAt = now();
      rollout.updated = -2;
      rollout.ready = 0;
    }
    return { ...after, metadata: { ...after.metadata, generation: Number(before.body.metadata["generation"]) + 1 } };
  }

  function step(stored: Stored): Stored {
    const rollout = rollouts.get(idOf(stored.key));
    if (rollout === undefined) return stored;
    advance(rollout, stored.body);
    const status = statusOf(stored.body, rollout, now());
    if (JSON.stringify(status) === JSON.stringify(stored.body["status"])) return stored;
    return store.put({ ...stored, body: { ...stored.body, status } });
  }
  return { add, written, step, changes: (key) => rollouts.get(idOf(key))?.changes ?? 0 };
}

function firstBody({
  kind,
  name,
  replicas = 2,
  paused,
  strategy = "RollingUpdate",
  partition,
}: KubernetesWorkload): Json {
  const template = {
    metadata: { labels: { app: name } },
    spec: { containers: [{ name: "app", image: "registry.example/app:1", envFrom: [{ secretRef: { name } }] }] },
  };
  const rolling = partition === undefined ? {} : { rollingUpdate: { partition } };
  const updates = kind === "deployment" ? "strategy" : "updateStrategy";
  return {
    kind: workloadKinds[kind].kind,
    apiVersion: "apps/v1",
    spec: {
      ...(kind !== "daemonset" && { replicas }),
      selector: { matchLabels: { app: name } },
      ...(kind === "deployment" && { progressDeadlineSeconds: 600 }),
      ...(kind === "statefulset" && { serviceName: name }),
      ...(paused && { paused }),
      [updates]: { type: strategy, ...rolling },
      template,
    },
  };
}

/** First the controller lags, then it sees the new generation; then pod after pod is made, and becomes ready a step later. */
function advance(rollout: Rollout, body: Json): void {
  const { settings } = rollout;
  const halted = specOf(body)["paused"] === true || settings.strategy === "OnDelete";
  if (rollout.updated < 0) rollout.updated += 1;
  else if (halted || (settings.stuck === true && rollout.changes > 0 && rollout.updated > 0)) return;
  else if (rollout.ready < rollout.updated) rollout.ready += 1;
  else if (rollout.updated < sizeOf(rollout, body) - (settings.partition ?? 0)) rollout.updated += 1;
}
