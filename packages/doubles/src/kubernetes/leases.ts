import { isObject } from "./fields.ts";
import { badRequest, invalid, type Cause } from "./status.ts";
import type { Json } from "./types.ts";

const version = "coordination.k8s.io/v1";
const times = ["acquireTime", "renewTime"];
const numbers = ["leaseDurationSeconds", "leaseTransitions"];
const texts = ["holderIdentity"];

/** A Lease as it is stored (coordination/v1): times are MicroTime, whose parser takes six digits and nothing else. */
export function admitLease(body: Json & { readonly metadata: Json }): Json & { readonly metadata: Json } {
  const { spec = {} } = body;
  if (!isObject(spec)) throw unreadable("json: cannot unmarshal into Go struct field Lease.spec");
  for (const name of numbers)
    if (spec[name] !== undefined && !Number.isSafeInteger(spec[name]))
      throw unreadable(`json: cannot unmarshal into Go struct field LeaseSpec.spec.${name} of type int32`);
  for (const name of texts)
    if (spec[name] !== undefined && typeof spec[name] !== "string")
      throw unreadable(`json: cannot unmarshal into Go struct field LeaseSpec.spec.${name} of type string`);
  for (const name of times) if (spec[name] != null) checkMicroTime(spec[name]);
  return { ...body, spec };
}

function checkMicroTime(value: unknown): void {
  const text = String(value);
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(?:Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text)))
    return;
  throw unreadable(`parsing time "${text}" as "2006-01-02T15:04:05.000000Z07:00": cannot parse`);
}

function unreadable(why: string): Error {
  return badRequest(`Lease in version "v1" cannot be handled as a Lease: ${why}`);
}

/** Refuses what the API refuses of a Lease (coordination/validation ValidateLeaseSpec; an update without a version: registry store, AllowUnconditionalUpdate false). */
export function validateLease(body: Json): void {
  const spec = isObject(body["spec"]) ? body["spec"] : {};
  const causes: readonly Cause[] = [
    ...below(spec, "leaseDurationSeconds", { least: 1, says: "must be greater than 0" }),
    ...below(spec, "leaseTransitions", { least: 0, says: "must be greater than or equal to 0" }),
  ];
  if (causes.length > 0) throw invalid("Lease.coordination.k8s.io", String((body["metadata"] as Json)["name"]), causes);
}

function below(
  spec: Json,
  name: string,
  { least, says }: { readonly least: number; readonly says: string },
): readonly Cause[] {
  const value = spec[name];
  if (typeof value !== "number" || value >= least) return [];
  return [{ reason: "FieldValueInvalid", field: `spec.${name}`, message: `Invalid value: ${value}: ${says}` }];
}

/** Refuses an update that does not say what it has seen. */
export function refuseUnseen(name: string): Error {
  const message = "Invalid value: 0: must be specified for an update";
  const cause = { reason: "FieldValueInvalid", field: "metadata.resourceVersion", message };
  return invalid("leases.coordination.k8s.io", name, [cause]);
}

/** What it says of itself. */
export const leaseHead: { readonly kind: string; readonly apiVersion: string } = { kind: "Lease", apiVersion: version };
