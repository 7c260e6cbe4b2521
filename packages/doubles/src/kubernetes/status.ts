import type { DoubleAnswer } from "../http-double.ts";
import type { Json } from "./types.ts";

/** One cause of a Status (apimachinery meta/v1 StatusCause). */
export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** What the server answers instead of an object: thrown by the routes. */
export class Refusal extends Error {
  readonly answer: DoubleAnswer;
  constructor(
    code: number,
    reason: string,
    { message, details }: { readonly message: string; readonly details?: Json },
  ) {
    super(message);
    const head = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure" };
    this.answer = { status: code, body: { ...head, message, reason, ...(details && { details }), code } };
  }
}

/** `secrets "x" not found`; the group stands behind the resource. */
export function notFound(resource: string, name: string): Refusal {
  return new Refusal(404, "NotFound", {
    message: `${resource} "${name}" not found`,
    details: { name, ...placeOf(resource) },
  });
}

/** `leases.coordination.k8s.io` as details name it. */
function placeOf(resource: string): Json {
  const [kind = "", ...group] = resource.split(".");
  return { ...(group.length > 0 && { group: group.join(".") }), kind };
}

/** A path that no route serves. */
export const noRoute: Refusal = new Refusal(404, "NotFound", {
  message: "the server could not find the requested resource",
  details: {},
});

/** 400, for what the API server cannot read. */
export function badRequest(message: string): Refusal {
  return new Refusal(400, "BadRequest", { message });
}

/** 401: the bearer is nobody's. */
export const unauthorized: Refusal = new Refusal(401, "Unauthorized", { message: "Unauthorized" });

/** A wrong field of an object (422). */
export function invalid(kind: string, name: string, causes: readonly Cause[]): Refusal {
  const said = [...new Set(causes.map(({ field, message }) => `${field}: ${message}`))];
  const text = said.length === 1 ? said[0] : `[${said.join(", ")}]`;
  const [own = "", ...group] = kind.split(".");
  return new Refusal(422, "Invalid", {
    message: `${kind} "${name}" is invalid: ${text}`,
    details: {
      ...(name !== "" && { name }),
      ...(group.length > 0 && { group: group.join(".") }),
      kind: own,
      causes,
    },
  });
}

/** Stale resourceVersion or another uid (registry/generic/registry/store.go, OptimisticLockErrorMsg). */
export function stale(resource: string, name: string, why = modified): Refusal {
  const message = `Operation cannot be fulfilled on ${resource} "${name}": ${why}`;
  return new Refusal(409, "Conflict", { message, details: { name, ...placeOf(resource) } });
}
const modified = "the object has been modified; please apply your changes to the latest version and try again";

/** 409, of a create. */
export function alreadyExists(resource: string, name: string): Refusal {
  return new Refusal(409, "AlreadyExists", {
    message: `${resource} "${name}" already exists`,
    details: { name, ...placeOf(resource) },
  });
}
