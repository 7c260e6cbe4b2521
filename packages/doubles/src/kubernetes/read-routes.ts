import type { DoubleAnswer } from "../http-double.ts";
import { answerWith, bodyOf, keyOf, qualified, type Call, type Services } from "./call.ts";
import { isObject } from "./fields.ts";
import { notFound, stale } from "./status.ts";
import { shownObject, type Stored } from "./store.ts";
import { workloadKinds } from "./workloads.ts";

/** GET on an object. A controller does a step at each look. */
export function read(call: Call, { store, workloads }: Services): DoubleAnswer {
  const live = store.get(keyOf(call));
  if (live === undefined) throw notFound(qualified(call), call.name);
  return answerWith(call.request, workloads.step(live));
}

const single: Readonly<Record<string, string>> = { secrets: "Secret", leases: "Lease" };

/** GET on a collection. A watch gives what changed since, once, and ends: clients then watch anew, as after a server's own time limit. */
export function list(call: Call, services: Services): DoubleAnswer {
  const { query } = call.request;
  const wanted = /^metadata\.name=(.+)$/.exec(query.get("fieldSelector") ?? "")?.[1];
  const found = services.store
    .list(call.resource, call.namespace)
    .filter(({ key }) => wanted === undefined || key.name === wanted)
    .map((stored) => services.workloads.step(stored));
  if (query.get("watch") === "true" || query.get("watch") === "1") return watch(found, query.get("resourceVersion"));
  const kind =
    Object.values(workloadKinds).find(({ resource }) => resource === call.resource)?.kind ?? single[call.resource];
  const apiVersion = call.group === "" ? "v1" : `${call.group}/v1`;
  const metadata = { resourceVersion: services.store.version() };
  return { status: 200, body: { kind: `${kind}List`, apiVersion, metadata, items: found.map(shownObject) } };
}

function watch(found: readonly Stored[], since: string | null): DoubleAnswer {
  const events = found
    .filter(({ body }) => Number(body.metadata["resourceVersion"]) > Number(since ?? 0))
    .map((stored) => `${JSON.stringify({ type: "MODIFIED", object: shownObject(stored) })}\n`);
  return { status: 200, headers: { "content-type": "application/json" }, body: events.join("") };
}

/** DELETE on an object, with preconditions. */
export function remove(call: Call, { store }: Services): DoubleAnswer {
  const live = store.get(keyOf(call));
  if (live === undefined) throw notFound(qualified(call), call.name);
  const preconditions = call.request.body === "" ? undefined : bodyOf(call.request)["preconditions"];
  for (const [name, wanted] of Object.entries(isObject(preconditions) ? preconditions : {})) {
    const own = String(live.body.metadata[name]);
    const word = name === "uid" ? "UID" : "ResourceVersion";
    if (wanted === own) continue;
    throw stale(
      qualified(call),
      call.name,
      `Precondition failed: ${word} in precondition: ${String(wanted)}, ${word} in object meta: ${own}`,
    );
  }
  store.remove(keyOf(call));
  const { name, group, resource: kind } = call;
  const details = { name, ...(group !== "" && { group }), kind, uid: live.body.metadata["uid"] };
  return { status: 200, body: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details } };
}
