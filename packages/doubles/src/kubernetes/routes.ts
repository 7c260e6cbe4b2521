import type { DoubleAnswer, DoubleRequest } from "../http-double.ts";
import { authorize, mayDo } from "./access.ts";
import { bodyOf, type Call, type Services } from "./call.ts";
import { discovery } from "./discovery.ts";
import { isObject, textAt } from "./fields.ts";
import { list, read, remove } from "./read-routes.ts";
import { noRoute, notFound, Refusal } from "./status.ts";
import type { KubernetesUser } from "./types.ts";
import { workloadResources } from "./workloads.ts";
import { create, patch, replace } from "./write-routes.ts";

/** What the server answers somebody it knows. Throws Refusal. */
export async function route(request: DoubleRequest, user: KubernetesUser, services: Services): Promise<DoubleAnswer> {
  const found = request.method === "GET" ? discovery(request.path) : undefined;
  if (found !== undefined) return found;
  const { method, path } = request;
  if (`${method} ${path}` === "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
    return reviewAccess(request, user);
  if (`${method} ${path}` === "POST /apis/authentication.k8s.io/v1/selfsubjectreviews")
    return reviewSelf(request, user);
  const call = callOf(request, user);
  if (call === undefined) throw noRoute;
  return call.resource === "namespaces" ? readNamespace(call, services) : objectRoute(call, services);
}

const placePattern =
  /^\/(?:api\/v1|apis\/(apps|coordination\.k8s\.io)\/v1)\/namespaces\/([^/]+)(?:\/([^/]+)(?:\/([^/]+)(?:\/([^/]+))?)?)?$/;

function callOf(request: DoubleRequest, user: KubernetesUser): Call | undefined {
  const match = placePattern.exec(request.path);
  if (match === null) return undefined;
  const [, group = "", namespace = "", resource = "", name = "", subresource = ""] = match.map((part) =>
    part === undefined ? undefined : decodeURIComponent(part),
  );
  if (resource === "")
    return { request, user, group, resource: "namespaces", namespace: "", name: namespace, subresource };
  return (served[group] ?? []).includes(resource)
    ? { request, user, group, resource, namespace, name, subresource }
    : undefined;
}

const served: Readonly<Record<string, readonly string[]>> = {
  "": ["secrets", "serviceaccounts"],
  apps: workloadResources,
  "coordination.k8s.io": ["leases"],
};

const verbs: Readonly<Record<string, string>> = {
  GET: "get",
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};
/** What can be made and deleted here. */
const made: readonly string[] = ["secrets", "leases"];

async function objectRoute(call: Call, services: Services): Promise<DoubleAnswer> {
  const { request, user, name, resource, subresource } = call;
  const collection = name === "" && request.method === "GET";
  const watching = request.query.get("watch") === "true" || request.query.get("watch") === "1";
  const verb = collection ? (watching ? "watch" : "list") : (verbs[request.method] ?? "");
  authorize(user, { ...call, verb, resource: subresource === "" ? resource : `${resource}/${subresource}` });
  if (subresource !== "") {
    if (verb !== "create" || subresource !== "token" || resource !== "serviceaccounts") throw noRoute;
    return services.tokens.issue({ resource, namespace: call.namespace, name }, bodyOf(request));
  }
  if (collection) return list(call, services);
  if (verb === "get" && name !== "") return read(call, services);
  if (verb === "patch" && name !== "" && resource !== "serviceaccounts" && resource !== "leases")
    return patch(call, services);
  if (verb === "update" && name !== "" && resource === "leases") return replace(call, services);
  if (verb === "delete" && name !== "" && made.includes(resource)) return remove(call, services);
  if (verb === "create" && name === "" && made.includes(resource)) return create(call, services);
  const message = "the server does not allow this method on the requested resource";
  throw new Refusal(405, "MethodNotAllowed", { message });
}

function readNamespace({ name, user, request }: Call, { namespaces }: Services): DoubleAnswer {
  authorize(user, { verb: verbs[request.method] ?? "", group: "", resource: "namespaces", namespace: "", name });
  if (!namespaces.has(name)) throw notFound("namespaces", name);
  return {
    status: 200,
    body: { kind: "Namespace", apiVersion: "v1", metadata: { name }, status: { phase: "Active" } },
  };
}

function reviewAccess(request: DoubleRequest, user: KubernetesUser): DoubleAnswer {
  const body = bodyOf(request);
  const spec = isObject(body["spec"]) ? body["spec"] : {};
  const asked = isObject(spec["resourceAttributes"]) ? spec["resourceAttributes"] : {};
  const text = (name: string): string => textAt(asked, name);
  const resource = text("subresource") === "" ? text("resource") : `${text("resource")}/${text("subresource")}`;
  const attempt = {
    verb: text("verb"),
    group: text("group"),
    resource,
    namespace: text("namespace"),
    name: text("name"),
  };
  const status = { allowed: mayDo(user, attempt) };
  return {
    status: 201,
    body: { kind: "SelfSubjectAccessReview", apiVersion: "authorization.k8s.io/v1", metadata: {}, spec, status },
  };
}

function reviewSelf(request: DoubleRequest, { name }: KubernetesUser): DoubleAnswer {
  bodyOf(request);
  const status = { userInfo: { username: name, groups: ["system:authenticated"] } };
  return {
    status: 201,
    body: { kind: "SelfSubjectReview", apiVersion: "authentication.k8s.io/v1", metadata: {}, status },
  };
}
