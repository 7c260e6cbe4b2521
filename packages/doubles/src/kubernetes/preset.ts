import { applied, updated, type Draft } from "./apply.ts";
import { leavesOf } from "./fields.ts";
import type { Services } from "./call.ts";
import { admitSecret } from "./secrets.ts";
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

/** Somebody writes keys of a Secret, past all that the API asks. */
export function editSecret(secret: KubernetesSecret & { readonly manager: string }, { store, now }: Services): void {
  const key = { resource: "secrets", namespace: secret.namespace, name: secret.name };
  const blank = { ...secretBody({}), metadata: freshMetadata(key, now()) };
  const live: Draft = store.get(key) ?? { body: blank, managers: [] };
  const data = { ...(live.body["data"] as Json), ...(secretBody(secret)["data"] as Json) };
  store.put({ key, ...updated(live, { ...live.body, data }, secret.manager) });
}

/** Somebody applies a Secret, past all that the API asks. */
export function applySecret(
  { namespace, name, content, manager }: { namespace: string; name: string; content: Json; manager: string },
  { store, now }: Services,
): void {
  const key = { resource: "secrets", namespace, name };
  const live: Draft = store.get(key) ?? {
    body: { kind: "Secret", apiVersion: "v1", metadata: freshMetadata(key, now()) },
    managers: [],
  };
  const { body, managers } = applied(live, { ...content, metadata: {} }, { manager, force: true });
  store.put({ key, body: admitSecret(body), managers });
}

/** A Secret with its texts encoded. */
function secretBody({ data = {}, type = "Opaque", immutable, labels }: Partial<KubernetesSecret>): Json {
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
