/** What tells a client which resources there are: enough for kubectl. */
import type { DoubleAnswer } from "../http-double.ts";

const writable = ["create", "delete", "get", "list", "patch", "watch"];

const clusterWide = ["namespaces", "selfsubjectreviews", "selfsubjectaccessreviews"];

function resource(kind: string, name: string, verbs: readonly string[]): object {
  return { kind, name, singularName: kind.toLowerCase(), namespaced: !clusterWide.includes(name), verbs };
}

const groups: Readonly<Record<string, readonly object[]>> = {
  v1: [
    resource("Namespace", "namespaces", ["get"]),
    resource("Secret", "secrets", writable),
    resource("ServiceAccount", "serviceaccounts", ["get"]),
    { ...resource("TokenRequest", "serviceaccounts/token", ["create"]), group: "authentication.k8s.io", version: "v1" },
  ],
  "apps/v1": [
    resource("Deployment", "deployments", ["get", "list", "patch", "watch"]),
    resource("StatefulSet", "statefulsets", ["get", "list", "patch", "watch"]),
    resource("DaemonSet", "daemonsets", ["get", "list", "patch", "watch"]),
  ],
  "coordination.k8s.io/v1": [resource("Lease", "leases", ["create", "delete", "get", "list", "update", "watch"])],
  "authentication.k8s.io/v1": [resource("SelfSubjectReview", "selfsubjectreviews", ["create"])],
  "authorization.k8s.io/v1": [resource("SelfSubjectAccessReview", "selfsubjectaccessreviews", ["create"])],
};

const named = Object.keys(groups).filter((version) => version !== "v1");

const documents: Readonly<Record<string, object>> = {
  "/version": { major: "1", minor: "32", gitVersion: "v1.32.4", platform: "linux/amd64" },
  "/api": { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] },
  "/apis": { kind: "APIGroupList", apiVersion: "v1", groups: named.map(groupOf) },
  "/openapi/v3": { paths: {} },
  ...Object.fromEntries(
    Object.entries(groups).map(([version, resources]) => [
      version === "v1" ? "/api/v1" : `/apis/${version}`,
      { kind: "APIResourceList", apiVersion: "v1", groupVersion: version, resources },
    ]),
  ),
};

function groupOf(groupVersion: string): object {
  const [name = "", version = ""] = groupVersion.split("/");
  const preferredVersion = { groupVersion, version };
  return { name, versions: [preferredVersion], preferredVersion };
}

/** A document of the discovery, or undefined. */
export function discovery(path: string): DoubleAnswer | undefined {
  const body = documents[path];
  return body && { status: 200, body };
}
