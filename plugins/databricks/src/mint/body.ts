import { invalid } from "@rotate/plugin-kit";
import type { Options, Request } from "../options.ts";

/** One of the two APIs, with the body of a mint. */
export type MintBody = Subject &
  (
    | { readonly api: "autoscaling"; readonly body: Claims & { readonly endpoint: string; readonly ttl: string } }
    | { readonly api: "provisioned"; readonly body: Claims & { readonly instance_names?: readonly string[] } }
  );
interface Subject {
  /** What the credential is for, in messages. */
  readonly subject: string;
}
interface Claims {
  readonly claims?: readonly unknown[];
}

const hour = 3_600_000;

/**
 * The body that the API wants (databricks-sdk-go service/postgres and service/database). `ttl` goes as seconds, the only unit it takes.
 * Throws INVALID when the request does not fit the API.
 */
export function mintBody(request: Request, api: Options["api"]): MintBody {
  const claims = request.claims && { claims: request.claims.map(wireClaim) };
  if (api === "autoscaling") {
    if (request.instances !== undefined) throw invalid("instances are for api provisioned", "name an endpoint instead");
    if (request.endpoint === undefined)
      throw invalid("the request names no endpoint", "add request.endpoint: projects/P/branches/B/endpoints/E");
    return {
      api,
      subject: request.endpoint,
      body: { endpoint: request.endpoint, ttl: `${request.ttl / 1000}s`, ...claims },
    };
  }
  if (request.endpoint !== undefined) throw invalid("an endpoint is for api autoscaling", "name instances instead");
  if (request.ttl !== hour)
    throw invalid("api provisioned cannot be asked for a life", "leave ttl out: it gives one hour");
  if (request.instances === undefined && claims === undefined) {
    throw invalid("the request names neither instances nor claims", "add request.instances: [NAME]");
  }
  const subject = request.instances?.join(", ") ?? "the tables of the claims";
  return { api, subject, body: { ...(request.instances && { instance_names: request.instances }), ...claims } };
}

function wireClaim({ permissionSet, tables }: NonNullable<Request["claims"]>[number]): unknown {
  return { permission_set: permissionSet, resources: tables.map((table) => ({ table_name: table })) };
}
