import type { DoubleAnswer } from "../http-double.ts";
import { invalidParameter, notFound } from "./answers.ts";

/** What the service reads out of a request for a credential, or the answer that refuses it. Lives in milliseconds. */
export type Asked =
  | { readonly life: number; readonly resources: readonly string[]; readonly claims: readonly unknown[] }
  | { readonly refusal: DoubleAnswer };

/** What a credential can be asked for. Lives in ms; `now` is ms since 1970. */
export interface Limits {
  readonly now: () => number;
  readonly minTtl: number;
  readonly maxTtl: number;
  readonly endpoints: readonly string[];
  readonly instances: readonly string[];
}

type Body = Readonly<Record<string, unknown>>;

const endpointPath = /^projects\/([a-z0-9-]{1,63})\/branches\/([a-z0-9-]{1,63})\/endpoints\/([a-z0-9-]{1,63})$/;
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;

/** The body of `POST /api/2.0/postgres/credentials`. Unlike the service, unknown fields are refused: they are a client's mistake. */
export function readAutoscaling(text: string, limits: Limits): Asked {
  const body = parsed(text);
  if (body === undefined) return { refusal: malformed };
  const refusal =
    unknownField(body, ["endpoint", "ttl", "expire_time", "claims"]) ?? badEndpoint(body, limits) ?? badClaims(body);
  if (refusal !== undefined) return { refusal };
  const life = lifeOf(body, limits);
  if (typeof life !== "number") return { refusal: life };
  return { life, resources: [body["endpoint"]].map(String), claims: listOf(body["claims"]) };
}

/** The body of `POST /api/2.0/database/credentials`: instances or claims are required, a life cannot be asked for. */
export function readProvisioned(text: string, limits: Limits): Asked {
  const body = parsed(text);
  if (body === undefined) return { refusal: malformed };
  const refusal = unknownField(body, ["request_id", "instance_names", "claims"]) ?? badClaims(body);
  if (refusal !== undefined) return { refusal };
  const resources = listOf(body["instance_names"]).map(String);
  const claims = listOf(body["claims"]);
  if (resources.length + claims.length === 0) return { refusal: required("instance_names") };
  if (resources.some((name) => !limits.instances.includes(name))) return { refusal: notFound("instance") };
  return { life: limits.maxTtl, resources, claims };
}

const malformed: DoubleAnswer = {
  status: 400,
  body: { error_code: "MALFORMED_REQUEST", message: "Could not parse request object" },
};

function parsed(text: string): Body | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return isBody(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

function isBody(value: unknown): value is Body {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function required(field: string): DoubleAnswer {
  return invalidParameter(`Field '${field}' is required, expected non-default value (not "")!`);
}

function unknownField(body: Body, known: readonly string[]): DoubleAnswer | undefined {
  const field = Object.keys(body).find((name) => !known.includes(name));
  return field === undefined ? undefined : invalidParameter(`Field '${field}' is not known.`);
}

function badEndpoint(body: Body, { endpoints }: Limits): DoubleAnswer | undefined {
  const endpoint = body["endpoint"];
  if (typeof endpoint !== "string" || endpoint === "") return required("endpoint");
  const [, project, branch] = endpointPath.exec(endpoint) ?? [];
  if (project === undefined) return invalidParameter(`Field 'endpoint' must match pattern ${endpointPath.source}`);
  if (endpoints.includes(endpoint)) return undefined;
  if (!endpoints.some((one) => one.startsWith(`projects/${project}/`))) return notFound("project");
  const exists = endpoints.some((one) => one.startsWith(`projects/${project}/branches/${branch}/`));
  return notFound(exists ? "endpoint" : "branch");
}

function badClaims({ claims }: Body): DoubleAnswer | undefined {
  if (claims === undefined) return undefined;
  if (!Array.isArray(claims)) return invalidParameter("Field 'claims' must be a list.");
  if (claims.every(isClaim)) return undefined;
  return invalidParameter("Field 'claims.permission_set' must be READ_ONLY, each resource needs a table_name.");
}

function isClaim(claim: unknown): boolean {
  if (!isBody(claim) || claim["permission_set"] !== "READ_ONLY") return false;
  return listOf(claim["resources"]).every((resource) => isBody(resource) && typeof resource["table_name"] === "string");
}

function lifeOf(body: Body, { now, minTtl, maxTtl }: Limits): number | DoubleAnswer {
  const { ttl, expire_time: end } = body;
  if (ttl === undefined && end === undefined) return maxTtl;
  if (ttl !== undefined && end !== undefined)
    return invalidParameter("Only one of 'ttl' and 'expire_time' may be set.");
  const life = ttl === undefined ? millisecondsUntil(end, now()) : millisecondsOf(ttl);
  if (life === undefined)
    return invalidParameter("Field 'ttl' must be a duration such as 600s, 'expire_time' RFC 3339 in UTC.");
  if (life >= minTtl && life <= maxTtl) return life;
  return invalidParameter(`Field 'ttl' must be between ${minTtl / 1000}s and ${maxTtl / 1000}s.`);
}

/** A protobuf Duration in JSON: seconds only, `600s`. */
function millisecondsOf(duration: unknown): number | undefined {
  if (typeof duration !== "string" || !/^\d+(\.\d{1,9})?s$/.test(duration)) return undefined;
  return Number.parseFloat(duration) * 1000;
}

function millisecondsUntil(end: unknown, now: number): number | undefined {
  return typeof end === "string" && instant.test(end) ? Date.parse(end) - now : undefined;
}
