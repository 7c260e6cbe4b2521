import { leavesOf } from "./fields.ts";
import type { Services } from "./call.ts";
import { freshMetadata } from "./store.ts";
import type { Json, KubernetesDoubleOptions, KubernetesSecret, ObjectKey } from "./types.ts";

/** Puts what the options name into the store. */
export function fillStore(options: KubernetesDoubleOptions, { store, now, workloads }: Services): void {
  const put = (key: ObjectKey, body: Json, manager?: string): void => {
    const full = { ...body, metadata: { ...freshMetadata(key, now()), ...(body["metadata"] as Json) } };
    const leaves = new Set(leavesOf(full).keys());
    const managers = manager === undefined ? [] : [{ manager, operation: "Update" as const, leaves }];
    store.put({ key, body: full, managers });
  };
  for (const secret of options.secrets ?? []) {
    const { namespace, name, manager = "kubectl-create" } = secret;
    put({ resource: "secrets", namespace, name }, secretBody(secret), manager);
  }
  for (const { namespace, name } of options.serviceAccounts ?? []) {
    put({ resource: "serviceaccounts", namespace, name }, { kind: "ServiceAccount", apiVersion: "v1" });
  }
  for (const key of options.objects ?? []) put(key, { apiVersion: "v1" });
  for (const workload of options.workloads ?? []) workloads.add(workload);
}

/** A Secret with its texts encoded. */
export function secretBody({ data = {}, type = "Opaque", immutable, labels }: Partial<KubernetesSecret>): Json {
  const encoded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString("base64")]);
  return {
    kind: "Secret",
    apiVersion: "v1",
    type,
    metadata: labels === undefined ? {} : { labels },
    data: Object.fromEntries(encoded),
    ...(immutable && { immutable }),
  };
}

/** The texts of a Secret. */
export function textsOf(body: Json): Readonly<Record<string, string>> {
  const data = (body["data"] ?? {}) as Readonly<Record<string, string>>;
  return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, "base64").toString()]));
}
