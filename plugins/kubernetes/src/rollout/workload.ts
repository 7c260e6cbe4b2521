import { invalid, type Infer } from "@rotate/plugin-kit";
import type { Api, ApiRequest } from "../api/api.ts";
import { nameOf, type RolloutContext } from "./options.ts";

const count = { type: "integer" } as const;
const text = { type: "string" } as const;
const strategy = {
  type: "object",
  properties: { type: text, rollingUpdate: { type: "object", properties: { partition: count } } },
} as const;
const schema = {
  type: "object",
  properties: {
    metadata: { type: "object", properties: { generation: count }, required: ["generation"] },
    spec: {
      type: "object",
      properties: {
        replicas: count,
        paused: { type: "boolean" },
        strategy: { type: "object", properties: { type: text } },
        updateStrategy: strategy,
        template: {
          type: "object",
          properties: {
            metadata: {
              type: "object",
              properties: { annotations: { type: "object", additionalProperties: text } },
            },
          },
        },
      },
      required: ["template"],
    },
    status: {
      type: "object",
      properties: {
        observedGeneration: count,
        replicas: count,
        updatedReplicas: count,
        readyReplicas: count,
        availableReplicas: count,
        currentRevision: text,
        updateRevision: text,
        desiredNumberScheduled: count,
        updatedNumberScheduled: count,
        numberAvailable: count,
        conditions: {
          type: "array",
          items: { type: "object", properties: { type: text, reason: text, message: text } },
        },
      },
    },
  },
  required: ["metadata", "spec"],
} as const;

/** A Deployment, StatefulSet or DaemonSet (apps/v1), as far as a rollout is concerned. */
export type Workload = Infer<typeof schema>;

function pathOf({ options: { kind, namespace, name } }: RolloutContext): readonly string[] {
  return ["apis", "apps", "v1", "namespaces", namespace, `${kind}s`, name];
}

async function workloadBy(api: Api, request: ApiRequest): Promise<Workload> {
  return (await api.call(request)).json(schema);
}

/** As it is now. Throws NOT_FOUND when it is not there. */
export function readWorkload(api: Api, ctx: RolloutContext): Promise<Workload> {
  return workloadBy(api, { path: pathOf(ctx), what: `read ${nameOf(ctx)}` });
}

/** Sets an annotation of the pod template: what `kubectl rollout restart` does, with a word of ours. */
export function annotate(
  api: Api,
  annotation: { readonly name: string; readonly value: string },
  ctx: RolloutContext,
): Promise<Workload> {
  const annotations = { [annotation.name]: annotation.value };
  return workloadBy(api, {
    method: "PATCH",
    path: pathOf(ctx),
    query: { fieldManager: ctx.options.fieldManager },
    contentType: "application/strategic-merge-patch+json",
    json: { spec: { template: { metadata: { annotations } } } },
    what: `roll out ${nameOf(ctx)}`,
  });
}

/** Of the pod template, where a rollout leaves its mark; undefined: it has none of that name. */
export function annotationOf({ spec }: Workload, name: string): string | undefined {
  return spec.template.metadata?.annotations?.[name];
}

/** Refuses a workload whose rollout would never end, or would leave pods with the old credential. */
export function checkRollable({ spec }: Workload, ctx: RolloutContext): void {
  const name = nameOf(ctx);
  if (spec.paused === true) {
    throw invalid(`${name} is paused`, `kubectl rollout resume ${ctx.options.kind}/${ctx.options.name}`);
  }
  if ((spec.updateStrategy?.type ?? "RollingUpdate") === "OnDelete") {
    throw invalid(
      `${name} has the strategy OnDelete: a rollout never ends`,
      "set RollingUpdate, or delete its pods by an exec reload",
    );
  }
  const partition = spec.updateStrategy?.rollingUpdate?.partition ?? 0;
  if (partition === 0 || !ctx.options.adopts) return;
  throw invalid(
    `${name} has the partition ${partition}: pods below it keep the old credential`,
    "set the partition to 0, or `adopts: false` so that the previous credential is left to expire",
  );
}
