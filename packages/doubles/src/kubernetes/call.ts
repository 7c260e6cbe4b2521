import type { DoubleAnswer, DoubleRequest } from "../http-double.ts";
import { isObject } from "./fields.ts";
import { protobufType, readProtobuf } from "./protobuf.ts";
import { badRequest, invalid, Refusal } from "./status.ts";
import { shownObject, type Store, type Stored } from "./store.ts";
import type { Tokens } from "./tokens.ts";
import type { Json, KubernetesUser, ObjectKey } from "./types.ts";
import type { Workloads } from "./workloads.ts";

/** What the routes share. */
export interface Services {
  readonly now: () => number;
  readonly store: Store;
  readonly namespaces: ReadonlySet<string>;
  readonly tokens: Tokens;
  readonly workloads: Workloads;
}

/** A request for an object or a collection of them, by somebody known. */
export interface Call {
  readonly request: DoubleRequest;
  readonly user: KubernetesUser;
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  /** Empty: the collection. */
  readonly name: string;
  readonly subresource: string;
}

/** The object that the call is about. */
export function keyOf({ resource, namespace, name }: Call): ObjectKey {
  return { resource, namespace, name };
}

/** `deployments.apps`. */
export function qualified({ group, resource }: Pick<Call, "group" | "resource">): string {
  return group === "" ? resource : `${resource}.${group}`;
}

/** The object in a body, JSON or protobuf. @param types media types that the route takes; 415 for others */
export function bodyOf(request: DoubleRequest, types: readonly string[] = ["application/json", protobufType]): Json {
  const type = request.headers["content-type"]?.split(";")[0] ?? "";
  if (!types.includes(type)) {
    throw new Refusal(415, "UnsupportedMediaType", { message: "415: Unsupported Media Type", details: {} });
  }
  const body = type === protobufType ? readProtobuf(request.bytes) : parsed(request.body);
  if (isObject(body)) return body;
  throw badRequest("couldn't get version/kind; json parse error: the body is no object");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`error decoding patch: ${error instanceof Error ? error.name : "unknown"}`);
  }
}

/** Is the write only to be tried? */
export function isDryRun({ query }: DoubleRequest): boolean {
  const value = query.get("dryRun");
  if (value === null || value === "All") return value === "All";
  const message = `Unsupported value: "${value}": supported values: "All"`;
  throw invalid("PatchOptions.meta.k8s.io", "", [{ reason: "FieldValueNotSupported", field: "dryRun", message }]);
}

/** An object, or only its metadata where the client wants no more. */
export function answerWith(request: DoubleRequest, stored: Stored, status = 200): DoubleAnswer {
  const object = shownObject(stored);
  if (!(request.headers["accept"] ?? "").includes("as=PartialObjectMetadata")) return { status, body: object };
  return {
    status,
    body: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object["metadata"] },
  };
}
