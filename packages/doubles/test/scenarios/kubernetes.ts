/** What is asked of a Kubernetes API server and of its double. */
import { request } from "node:https";
import { text } from "node:stream/consumers";
import { createCertificateAuthority, createKubernetesDouble } from "@rotate/doubles";
import { comparable, expectStatus, type Answer, type Comparing, type Scenario } from "./scenario.ts";

/** With the namespace `app`, the service account `runner`, and a user `weak` who may get and patch the Secret `mine` alone. */
export interface KubernetesPlace {
  readonly url: string;
  readonly ca: string;
  /** Of somebody who may all. The token `weak` is that user's. */
  readonly admin: string;
}

interface Ask {
  readonly token?: string;
  readonly body?: object | string;
  readonly type?: string;
}

interface Reply {
  readonly metadata?: { readonly resourceVersion?: string };
  readonly status?: { readonly token?: string };
}

export interface KubernetesSubject {
  readonly ask: (route: string, wanted: number, how?: Ask) => Promise<Reply>;
}

const comparing: Comparing = {
  volatile: new Set(["uid", "resourceVersion", "creationTimestamp", "time", "token", "expirationTimestamp"]),
  lives: new Set(),
  parts: [],
};

/** Asks over TLS and tells what was answered. */
export function kubernetesSubject(place: KubernetesPlace, record: (answer: Answer) => void): KubernetesSubject {
  return {
    ask: async (route, wanted, { token = place.admin, body, type = "application/json" } = {}) => {
      const [method = "", path = ""] = route.split(" ");
      const headers = { authorization: `Bearer ${token}`, "content-type": type, accept: "application/json" };
      const { promise, resolve, reject } = Promise.withResolvers<import("node:http").IncomingMessage>();
      const options = { method, headers, ca: place.ca, agent: false };
      const sent = request(`${place.url}${path}`, options, resolve).on("error", reject);
      sent.end(typeof body === "object" ? JSON.stringify(body) : (body ?? ""));
      const answer = await promise;
      const said = await text(answer);
      expectStatus(route, { status: answer.statusCode ?? 0, text: said, wanted });
      const reply = said.startsWith("{") ? (JSON.parse(said) as Reply) : {};
      record({ asked: route, status: answer.statusCode ?? 0, body: comparable(withoutMaps(reply), comparing) });
      return reply;
    },
  };
}

/**
 * The double notes owners of Secrets alone, and of these the keys: who made the map that holds them (`.`), it leaves out.
 * So does what is done with owners: a map is nobody's.
 */
function withoutMaps(reply: Reply): unknown {
  const json = JSON.stringify(reply, (name, value) => (name === "." ? undefined : value));
  const { kind, metadata, ...rest } = JSON.parse(json) as { kind?: string; metadata?: Record<string, unknown> };
  const { managedFields, ...others } = metadata ?? {};
  // By time and name: both lists are sorted by name here.
  const owners = Array.isArray(managedFields) ? managedFields.toSorted(byManager) : managedFields;
  return { ...rest, kind, metadata: kind === "Secret" ? { ...others, managedFields: owners } : others };
}

function byManager(one: { readonly manager: string }, other: { readonly manager: string }): number {
  return one.manager.localeCompare(other.manager);
}

const secrets = "/api/v1/namespaces/app/secrets";
const apply = "application/apply-patch+yaml";
const merge = "application/merge-patch+json";

function secret(name: string, data: object, more: object = {}): object {
  const { metadata, ...rest } = { metadata: {}, ...more };
  return { apiVersion: "v1", kind: "Secret", metadata: { name, ...metadata }, data, ...rest };
}

const one = btoa("1");
const two = btoa("2");

const leases = "/apis/coordination.k8s.io/v1/namespaces/app/leases";

function lease(name: string, spec: object, metadata: object = {}): object {
  return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name, ...metadata }, spec };
}

const term = {
  holderIdentity: "web-1",
  leaseDurationSeconds: 15,
  acquireTime: "2030-01-01T00:00:00.000000Z",
  renewTime: "2030-01-01T00:00:00.123000Z",
  leaseTransitions: 0,
};

/** What a leader election does, and what it must not. */
const leaseScenarios: readonly Scenario<KubernetesSubject>[] = [
  {
    name: "a Lease is made once, and changed by who has seen it",
    run: async ({ ask }) => {
      await ask(`GET ${leases}/web`, 404);
      const made = await ask(`POST ${leases}`, 201, { body: lease("web", term) });
      await ask(`POST ${leases}`, 409, { body: lease("web", term) });
      const { resourceVersion } = made.metadata ?? {};
      const next = { ...term, holderIdentity: "web-2", leaseTransitions: 1 };
      await ask(`PUT ${leases}/web`, 200, { body: lease("web", next, { resourceVersion }) });
      await ask(`PUT ${leases}/web`, 409, { body: lease("web", term, { resourceVersion }) });
      await ask(`PUT ${leases}/web`, 422, { body: lease("web", term) });
      const released = { ...next, holderIdentity: "", leaseDurationSeconds: 1 };
      const seen = await ask(`GET ${leases}/web`, 200);
      await ask(`PUT ${leases}/web`, 200, { body: lease("web", released, seen.metadata ?? {}) });
      await ask(`GET ${leases}/web`, 200);
      await ask(`DELETE ${leases}/web`, 200);
      await ask(`PUT ${leases}/web`, 201, { body: lease("web", term, { resourceVersion }) });
    },
  },
  {
    name: "what a Lease may not be is refused",
    run: async ({ ask }) => {
      await ask(`POST ${leases}`, 422, { body: lease("odd", { ...term, leaseDurationSeconds: 0 }) });
      await ask(`POST ${leases}`, 422, { body: lease("odd", { ...term, leaseTransitions: -1 }) });
      await ask(`PUT ${leases}/odd`, 400, { body: lease("other", term) });
      await ask(`POST ${leases}`, 403, { token: "weak", body: lease("odd", term) });
      await ask(`PUT ${leases}/odd`, 403, { token: "weak", body: lease("odd", term) });
    },
  },
];

export const kubernetesScenarios: readonly Scenario<KubernetesSubject>[] = [
  {
    name: "a Secret is made once, read, replaced by who has seen it, and deleted",
    run: async ({ ask }) => {
      await ask(`GET ${secrets}/plain`, 404);
      const made = await ask(`POST ${secrets}?fieldManager=rotate`, 201, { body: secret("plain", { a: one }) });
      await ask(`POST ${secrets}?fieldManager=rotate`, 409, { body: secret("plain", { a: one }) });
      await ask(`GET ${secrets}/plain`, 200);
      await ask(`PATCH ${secrets}/plain?fieldManager=rotate`, 200, { type: merge, body: { data: { b: two } } });
      const metadata = { resourceVersion: made.metadata?.resourceVersion };
      await ask(`PATCH ${secrets}/plain?fieldManager=rotate`, 409, {
        type: merge,
        body: { metadata, data: { b: one } },
      });
      await ask(`DELETE ${secrets}/plain`, 200);
      await ask(`DELETE ${secrets}/plain`, 404);
    },
  },
  {
    name: "a Secret is applied, and owned key by key",
    run: async ({ ask }) => {
      const to = (query: string, wanted: number, body: object) =>
        ask(`PATCH ${secrets}/applied?${query}`, wanted, { type: apply, body });
      await to("fieldManager=rotate", 201, secret("applied", { a: one }));
      await to("fieldManager=rotate", 200, secret("applied", { a: one }));
      await to("fieldManager=helm", 409, secret("applied", { a: two }));
      await to("fieldManager=helm", 200, secret("applied", { b: two }));
      await to("fieldManager=helm&force=true", 200, secret("applied", { a: two }));
      await to("fieldManager=rotate", 409, secret("applied", { a: one }));
      await to("fieldManager=rotate", 409, secret("applied", { c: one }, { metadata: { resourceVersion: "1" } }));
      await to("fieldManager=rotate", 422, secret("applied", { c: one }, { metadata: { uid: "none" } }));
      const another = { uid: "none", resourceVersion: "1" };
      await to("fieldManager=rotate", 409, secret("applied", { c: one }, { metadata: another }));
      const body = { metadata: { uid: "none", annotations: { note: "x" } } };
      await ask(`PATCH ${secrets}/applied`, 422, { type: merge, body });
      await to("fieldManager=rotate", 400, secret("other", { c: one }));
      await to("x=1", 422, secret("applied", { c: one }));
      await to("fieldManager=rotate&dryRun=All", 200, secret("applied", { c: one }));
      await ask(`GET ${secrets}/applied`, 200);
    },
  },
  {
    name: "what a Secret may not be is refused",
    run: async ({ ask }) => {
      await ask(`POST ${secrets}`, 422, { body: secret("wrong", { "a b": one }) });
      await ask(`POST ${secrets}`, 422, { body: secret("Not_A_Name", { a: one }) });
      await ask(`POST ${secrets}`, 422, { body: secret("tls", {}, { type: "kubernetes.io/tls" }) });
      await ask(`POST ${secrets}`, 201, { body: secret("fixed", { a: one }, { immutable: true }) });
      await ask(`PATCH ${secrets}/fixed`, 422, { type: merge, body: { data: { a: two } } });
      await ask(`PATCH ${secrets}/fixed`, 422, { type: merge, body: { type: "other" } });
      await ask(`PATCH ${secrets}/fixed`, 415, { type: "application/unknown", body: {} });
      await ask(`PATCH ${secrets}/gone`, 404, { type: merge, body: {} });
    },
  },
  {
    name: "who may not, or is nobody, is refused",
    run: async ({ ask }) => {
      await ask(`GET ${secrets}/mine`, 401, { token: "nobody" });
      await ask(`GET ${secrets}/mine`, 404, { token: "weak" });
      await ask(`GET ${secrets}/other`, 403, { token: "weak" });
      await ask(`PATCH ${secrets}/mine?fieldManager=rotate`, 403, {
        token: "weak",
        type: apply,
        body: secret("mine", { a: one }),
      });
      await ask(`POST ${secrets}`, 403, { token: "weak", body: secret("mine", { a: one }) });
      const review = { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectAccessReview" };
      const resourceAttributes = { namespace: "app", verb: "delete", resource: "secrets", name: "mine" };
      await ask("POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews", 201, {
        token: "weak",
        body: { ...review, spec: { resourceAttributes } },
      });
    },
  },
  {
    name: "a token of a service account is issued, and is somebody",
    run: async ({ ask }) => {
      const token = (name: string, wanted: number, spec: object) =>
        ask(`POST /api/v1/namespaces/app/serviceaccounts/${name}/token`, wanted, {
          body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec },
        });
      const { status } = await token("runner", 201, { expirationSeconds: 3600 });
      await ask(`GET ${secrets}/other`, 403, { token: status?.token ?? "" });
      await token("runner", 422, { expirationSeconds: 60 });
      await token("nobody", 404, { expirationSeconds: 3600 });
      await token("runner", 404, { boundObjectRef: { kind: "Secret", apiVersion: "v1", name: "gone" } });
    },
  },
  ...leaseScenarios,
];

/** The double, with what the scenarios want. */
export async function startKubernetesDoubleWorld(): Promise<KubernetesPlace & { readonly close: () => Promise<void> }> {
  const authority = createCertificateAuthority();
  const may = { verbs: ["get", "patch"], resources: ["secrets"], resourceNames: ["mine"], namespaces: ["app"] };
  const { url, close } = await createKubernetesDouble({
    tls: authority.issue({ hosts: ["127.0.0.1"] }),
    users: {
      "admin-token": { name: "admin", rules: [{ verbs: ["*"], resources: ["*"] }] },
      weak: { name: "weak", rules: [may] },
    },
    serviceAccounts: [{ namespace: "app", name: "runner" }],
  });
  return { url, close, ca: authority.ca, admin: "admin-token" };
}
