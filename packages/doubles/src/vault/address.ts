import type { DoubleRequest } from "../http-double.ts";
import type { Operation } from "./call.ts";
import { refuse } from "./envelope.ts";

function trimmed(text: string): string {
  return text.replaceAll(/^\/+|\/+$/g, "");
}

/** The path without `/v1/` and namespace. The namespace may stand in the header, in the path, or in part in both. */
export function pathIn(namespace: string, { path, headers }: DoubleRequest): string {
  if (!path.startsWith("/v1/")) return refuse(404);
  const header = trimmed(headers["x-vault-namespace"] ?? "");
  const whole = [header === "root" ? "" : header, decodeURI(path.slice(4))].filter((part) => part !== "").join("/");
  if (namespace === "") return header === "" || header === "root" ? whole : refuse(404, "namespace not found");
  if (whole.startsWith(`${namespace}/`)) return whole.slice(namespace.length + 1);
  return refuse(404, header === "" ? `no handler for route "${whole}". route entry not found.` : "namespace not found");
}

/** PUT and POST are one; `?list=true` is LIST. */
export function operationOf({ method, query }: DoubleRequest): Operation {
  if (method === "POST" || method === "PUT") return "update";
  if (method === "DELETE") return "delete";
  if (method === "LIST" || (method === "GET" && query.get("list") === "true")) return "list";
  return method === "GET" ? "read" : refuse(405);
}

/** Body and query together. */
export function dataOf(
  { body, query }: DoubleRequest,
  vendor: "vault" | "openbao" = "vault",
): Readonly<Record<string, unknown>> {
  const fromQuery = Object.fromEntries(query);
  if (body === "") return fromQuery;
  try {
    return { ...fromQuery, ...(JSON.parse(body) as Readonly<Record<string, unknown>>) };
  } catch {
    const verb = vendor === "openbao" ? "decode" : "parse";
    return refuse(400, `failed to ${verb} JSON input: invalid character in input`);
  }
}

/** From either of its two headers. */
export function tokenOf({ headers }: DoubleRequest): string | undefined {
  return headers["x-vault-token"] ?? /^Bearer (.+)$/.exec(headers["authorization"] ?? "")?.[1];
}
