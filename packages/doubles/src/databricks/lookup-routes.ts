import type { DoubleAnswer, DoubleRequest } from "../http-double.ts";
import type { Access } from "./access.ts";
import { notFound } from "./answers.ts";

/** What can be looked up, and by whom. */
export interface LookupParts {
  readonly access: Access;
  readonly endpoints: readonly string[];
  readonly instances: readonly string[];
  readonly databaseHost: string;
}

/** `GET /api/2.0/preview/scim/v2/Me`: `userName` is the PostgreSQL user. Needs a token for all APIs. */
export async function whoAmI(request: DoubleRequest, { access }: LookupParts): Promise<DoubleAnswer> {
  const caller = await access.authenticate(request, "all-apis");
  if ("refusal" in caller) return caller.refusal;
  return { status: 200, body: { schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName: caller.userName } };
}

/** `GET /api/2.0/postgres/projects/…`: an endpoint, or the list of a branch's endpoints. */
export async function postgresLookup(request: DoubleRequest, parts: LookupParts): Promise<DoubleAnswer> {
  const caller = await parts.access.authenticate(request, "postgres");
  if ("refusal" in caller) return caller.refusal;
  const name = request.path.replace("/api/2.0/postgres/", "");
  if (parts.endpoints.includes(name)) return { status: 200, body: endpointOf(name, parts) };
  if (!name.endsWith("/endpoints")) return notFound("endpoint");
  const endpoints = parts.endpoints.filter((one) => one.startsWith(`${name}/`));
  return endpoints.length === 0
    ? notFound("branch")
    : { status: 200, body: { endpoints: endpoints.map((one) => endpointOf(one, parts)) } };
}

function endpointOf(name: string, { databaseHost }: LookupParts): object {
  return {
    name,
    parent: name.replace(/\/endpoints\/.*$/, ""),
    status: {
      current_state: "ACTIVE",
      endpoint_type: "ENDPOINT_TYPE_READ_WRITE",
      disabled: false,
      hosts: { host: databaseHost },
    },
  };
}

/** `GET /api/2.0/database/instances/{name}`. */
export async function instanceLookup(request: DoubleRequest, parts: LookupParts): Promise<DoubleAnswer> {
  const caller = await parts.access.authenticate(request, "postgres");
  if ("refusal" in caller) return caller.refusal;
  const name = request.path.replace("/api/2.0/database/instances/", "");
  if (!parts.instances.includes(name)) return notFound("instance");
  return {
    status: 200,
    body: { name, state: "AVAILABLE", read_write_dns: parts.databaseHost, pg_version: "PG_VERSION_16" },
  };
}
