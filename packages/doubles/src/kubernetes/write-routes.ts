import type { DoubleAnswer, DoubleRequest } from "../http-double.ts";
import { authorize } from "./access.ts";
import { applied, mergePatch, updated, type Draft } from "./apply.ts";
import { answerWith, bodyOf, isDryRun, keyOf, qualified, type Call, type Services } from "./call.ts";
import { isObject } from "./fields.ts";
import { admitLease, leaseHead, refuseUnseen, validateLease } from "./leases.ts";
import { admitSecret, validateSecret } from "./secrets.ts";
import { alreadyExists, badRequest, invalid, notFound, Refusal, stale, type Cause } from "./status.ts";
import { freshMetadata, type Stored } from "./store.ts";
import type { Json } from "./types.ts";

const applyType = "application/apply-patch+yaml";
const mergeType = "application/merge-patch+json";
const strategicType = "application/strategic-merge-patch+json";
const maxBody = 3 * 1024 * 1024;

/** POST on a collection. */
export function create(call: Call, services: Services): DoubleAnswer {
  const { request, namespace } = call;
  const body = bodyOf(request);
  const name = metadataOf(body)["name"];
  checkNamespace(call, services);
  if (typeof name !== "string" || name === "") throw badRequest("name is required");
  const named = { ...call, name };
  if (services.store.get(keyOf(named)) !== undefined) throw alreadyExists(qualified(call), name);
  if (metadataOf(body)["resourceVersion"] !== undefined) {
    throw badRequest("resourceVersion should not be set on objects to be created");
  }
  checkIdentity(named, body);
  const blank = emptyDraft(named, services);
  const full = { ...body, metadata: { ...metadataOf(body), ...blank.body.metadata } };
  const draft = updated(blank, admitted(call, full), managerOf(request));
  return finish({ ...named, namespace }, services, { draft, live: undefined });
}

/** PUT on an object: what was seen is replaced; a Lease that is not there is made (its strategy allows it). */
export function replace(call: Call, services: Services): DoubleAnswer {
  const { request, name, user } = call;
  const body = bodyOf(request);
  const wanted = metadataOf(body);
  checkIdentity(call, body);
  const live = services.store.get(keyOf(call));
  if (live === undefined) {
    authorize(user, { ...call, verb: "create" });
    checkNamespace(call, services);
  } else {
    if (wanted["resourceVersion"] === undefined) throw refuseUnseen(name);
    checkPreconditions(call, { wanted, live });
  }
  const before = live ?? emptyDraft(call, services);
  const metadata = { ...wanted, ...kept(before.body.metadata) };
  const draft = updated(before, admitted(call, { ...body, metadata }), managerOf(request));
  return finish(call, services, { draft, live });
}

/** What only the server sets, and the namespace, which it takes from the path. */
function kept({ namespace, uid, creationTimestamp, resourceVersion }: Json): Json {
  return { namespace, uid, creationTimestamp, ...(resourceVersion !== undefined && { resourceVersion }) };
}

/** PATCH on an object: server-side apply, merge patch, strategic merge patch. */
export function patch(call: Call, services: Services): DoubleAnswer {
  const { request } = call;
  if (Buffer.byteLength(request.body) > maxBody) {
    throw new Refusal(413, "RequestEntityTooLarge", { message: `Request entity too large: limit is ${maxBody}` });
  }
  const body = bodyOf(request, [mergeType, strategicType, applyType]);
  checkOptions(request);
  const live = services.store.get(keyOf(call));
  if (request.headers["content-type"] === applyType) return apply(call, services, { config: body, live });
  if (live === undefined) throw notFound(qualified(call), call.name);
  if (JSON.stringify(body).includes("[")) throw badRequest("the double merges no lists");
  const merged = mergePatch(live.body, body) as Stored["body"];
  checkPreconditions(call, { wanted: metadataOf(body), live });
  const metadata = { ...merged.metadata, resourceVersion: live.body.metadata["resourceVersion"] };
  const draft = updated(live, admitted(call, { ...merged, metadata }), managerOf(request));
  return finish(call, services, { draft, live });
}

interface Applying {
  readonly config: Json;
  readonly live: Stored | undefined;
}

function apply(call: Call, services: Services, { config, live }: Applying): DoubleAnswer {
  const { request, user } = call;
  const wanted = metadataOf(config);
  checkIdentity(call, config);
  if (wanted["managedFields"] !== undefined) throw badRequest("metadata.managedFields must be nil");
  if (call.resource !== "secrets") throw badRequest(`the double applies no ${call.resource}`);
  const manager = request.query.get("fieldManager") ?? "";
  if (live === undefined) {
    authorize(user, { ...call, verb: "create" });
    checkNamespace(call, services);
    if (wanted["uid"] !== undefined) throw stale(call.resource, call.name, uidMismatch(wanted["uid"], ""));
  }
  const force = request.query.get("force") === "true";
  const draft = applied(live ?? emptyDraft(call, services), config, { manager, force });
  if (live !== undefined) checkPreconditions(call, { wanted, live });
  return finish(call, services, { draft: { ...draft, body: admitSecret(draft.body) }, live });
}

function uidMismatch(wanted: unknown, live: string): string {
  return `Precondition failed: UID in precondition: ${String(wanted)}, UID in object meta: ${live}`;
}

function checkPreconditions(call: Call, { wanted, live }: { readonly wanted: Json; readonly live: Stored }): void {
  const { uid, resourceVersion } = live.body.metadata;
  if (wanted["resourceVersion"] !== undefined && wanted["resourceVersion"] !== resourceVersion) {
    throw stale(qualified(call), call.name);
  }
  if (wanted["uid"] === undefined || wanted["uid"] === uid) return;
  // The server finds it twice: in the strategy and in the validation (registry/rest/update.go).
  const message = `Invalid value: ${JSON.stringify(wanted["uid"])}: field is immutable`;
  const cause = { reason: "FieldValueInvalid", field: "metadata.uid", message };
  throw invalid(String(live.body["kind"]), call.name, [cause, cause]);
}

/** Validates and stores. A write that changes nothing leaves the resourceVersion as it is. */
function finish(
  call: Call,
  { store, workloads }: Services,
  { draft, live }: { readonly draft: Draft; readonly live: Stored | undefined },
): DoubleAnswer {
  const { request } = call;
  if (call.resource === "secrets") validateSecret(draft.body, live?.body);
  if (call.resource === "leases") validateLease(draft.body);
  const dryRun = isDryRun(request);
  const body = live === undefined || dryRun ? draft.body : workloads.written(live, draft.body);
  const status = live === undefined ? 201 : 200;
  const same =
    live !== undefined && JSON.stringify(sorted(body)) === JSON.stringify(sorted(live.body)) && sameOwners(draft, live);
  const result = { key: keyOf(call), body, managers: draft.managers };
  if (same) return answerWith(request, live);
  if (dryRun) return answerWith(request, { ...result, at: 0 }, status);
  return answerWith(request, store.put(result), status);
}

function sorted(value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
}

function sameOwners(a: Draft, b: Draft): boolean {
  return ownersOf(a) === ownersOf(b);
}

function ownersOf({ managers }: Draft): string {
  const owning = managers.filter(({ leaves }) => leaves.size > 0);
  const lines = owning.map(({ manager, operation, leaves }) =>
    JSON.stringify([manager, operation, [...leaves].toSorted()]),
  );
  return lines.toSorted().join("\n");
}

function admitted({ resource }: Call, body: Stored["body"]): Stored["body"] {
  if (resource === "leases") return admitLease(body);
  return resource === "secrets" ? admitSecret(body) : body;
}

function metadataOf(body: Json): Json {
  return isObject(body["metadata"]) ? body["metadata"] : {};
}

function emptyDraft(call: Call, { now }: Services): Draft {
  const metadata = freshMetadata(keyOf(call), now());
  return { body: { ...headOf(call), metadata }, managers: [] };
}

function checkNamespace({ namespace }: Call, { namespaces }: Services): void {
  if (!namespaces.has(namespace)) throw notFound("namespaces", namespace);
}

function headOf({ resource }: Call): { readonly kind: string; readonly apiVersion: string } {
  return resource === "leases" ? leaseHead : { kind: "Secret", apiVersion: "v1" };
}

/** What an object says of itself must be what the URL says. */
function checkIdentity(call: Call, body: Json): void {
  const { name, namespace } = call;
  const { kind, apiVersion } = headOf(call);
  const { name: ownName, namespace: ownNamespace } = metadataOf(body);
  if (body["apiVersion"] !== apiVersion || body["kind"] !== kind)
    throw badRequest(`the object provided is unrecognized (must be of type ${kind})`);
  if (ownName !== name)
    throw badRequest(`the name of the object (${String(ownName)}) does not match the name on the URL (${name})`);
  if (ownNamespace !== undefined && ownNamespace !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
}

/** PatchOptions (apimachinery meta/v1/validation). */
function checkOptions({ query, headers }: DoubleRequest): void {
  const isApply = headers["content-type"] === applyType;
  const manager = query.get("fieldManager") ?? "";
  const causes: readonly Cause[] = [
    ...(isApply && manager === "" ? [required("is required for apply patch")] : []),
    ...(manager.length > 128
      ? [{ reason: "FieldValueTooLong", field: "fieldManager", message: "Too long: may not be more than 128 bytes" }]
      : []),
    ...(!isApply && query.has("force")
      ? [
          {
            reason: "FieldValueForbidden",
            field: "force",
            message: "Forbidden: may not be specified for non-apply patch",
          },
        ]
      : []),
  ];
  if (causes.length > 0) throw invalid("PatchOptions.meta.k8s.io", "", causes);
}

function required(what: string): Cause {
  return { reason: "FieldValueRequired", field: "fieldManager", message: `Required value: ${what}` };
}

/** Who writes: named, or the first word of the client's own name. */
function managerOf({ query, headers }: DoubleRequest): string {
  return query.get("fieldManager") ?? headers["user-agent"]?.split("/")[0] ?? "unknown";
}
