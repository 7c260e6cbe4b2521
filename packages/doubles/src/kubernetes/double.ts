import { X509Certificate } from "node:crypto";
import { startHttpDouble, type DoubleAnswer, type DoubleRequest } from "../http-double.ts";
import type { Services } from "./call.ts";
import { createGate } from "./gate.ts";
import { applySecret, editSecret, fillStore, textsOf } from "./preset.ts";
import { route } from "./routes.ts";
import { Refusal, unauthorized } from "./status.ts";
import { createStore, shownObject } from "./store.ts";
import { createTokens } from "./tokens.ts";
import type { KubernetesDouble, KubernetesDoubleOptions, KubernetesUser } from "./types.ts";
import { createWorkloads, workloadKinds } from "./workloads.ts";

const everything: KubernetesUser = { name: "kubernetes-admin", rules: [{ verbs: ["*"], resources: ["*"] }] };

/**
 * A Kubernetes API server on loopback: Secrets with server-side apply, workloads that roll out, tokens of service accounts, RBAC, and as much of the
 * discovery as kubectl needs. It refuses what the server refuses, in its words. Read from kubernetes/apiserver 24a394e, apimachinery eed236c,
 * k8s.io/api 10b39a3 and kubernetes pkg/registry/core.
 */
export async function createKubernetesDouble(options: KubernetesDoubleOptions = {}): Promise<KubernetesDouble> {
  const now = options.now ?? Date.now;
  const store = createStore(now);
  const workloads = createWorkloads(store, now);
  const tokens = await createTokens(store, { now, maxLife: options.maxTokenLife });
  const namespaces = new Set(options.namespaces ?? ["default", "app"]);
  const services: Services = { now, store, namespaces, tokens, workloads };
  const users = new Map(Object.entries(options.users ?? { "admin-token": everything }));
  fillStore(options, services);
  const gate = createGate();

  async function handle(request: DoubleRequest): Promise<DoubleAnswer> {
    const pass = await gate.enter(`${request.method} ${request.path}`);
    try {
      const user = request.path === "/version" ? everything : await userOf(request, { options, users, services });
      return await route(request, user, services);
    } catch (error) {
      if (error instanceof Refusal) return error.answer;
      throw error;
    } finally {
      pass();
    }
  }
  const server = await startHttpDouble({ now, tls: options.tls, handle });
  return {
    ...server,
    hold: gate.hold,
    object: (key) => {
      const stored = store.get(key);
      return stored && shownObject(stored);
    },
    secret: (namespace, name) => {
      const stored = store.get({ resource: "secrets", namespace, name });
      return stored && textsOf(stored.body);
    },
    editSecret: (place, data, manager = "kubectl-edit") => editSecret({ ...place, data, manager }, services),
    applySecret: (place, content, manager) => applySecret({ ...place, content, manager }, services),
    remove: store.remove,
    rollouts: (kind, namespace, name) => workloads.changes({ resource: workloadKinds[kind].resource, namespace, name }),
    setUser: (token, user) => void (user === undefined ? users.delete(token) : users.set(token, user)),
    review: tokens.review,
  };
}

interface Known {
  readonly options: KubernetesDoubleOptions;
  readonly users: ReadonlyMap<string, KubernetesUser>;
  readonly services: Services;
}

/** Who calls: by certificate, by a token of the options, by a token of a service account. */
async function userOf(request: DoubleRequest, { options, users, services }: Known): Promise<KubernetesUser> {
  const subject = request.clientCertificate && new X509Certificate(request.clientCertificate).subject;
  const byCertificate = options.certificates?.[/^CN=(.+)$/m.exec(subject ?? "")?.[1] ?? ""];
  if (byCertificate !== undefined) return byCertificate;
  const token = /^Bearer (\S+)$/.exec(request.headers["authorization"] ?? "")?.[1] ?? "";
  const known = users.get(token);
  if (known !== undefined) return known;
  const account = await services.tokens.review(token);
  if (account === undefined) throw unauthorized;
  const own = (options.serviceAccounts ?? []).find(
    ({ namespace, name }) => account.username === `system:serviceaccount:${namespace}:${name}`,
  );
  return { name: account.username, rules: own?.rules ?? [] };
}
