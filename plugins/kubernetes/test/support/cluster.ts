import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createCertificateAuthority,
  createKubernetesDouble,
  type KubernetesDouble,
  type KubernetesDoubleOptions,
} from "@rotate/doubles";
import { onTestFinished } from "vitest";

const authority = createCertificateAuthority("cluster authority");
const server = authority.issue({ hosts: ["127.0.0.1", "kubernetes.default.svc"] });

export interface Cluster {
  readonly double: KubernetesDouble;
  /** The authority of the server's certificate, PEM. */
  readonly ca: string;
  /** Of a kubeconfig with one context, whose user has `admin-token`. */
  readonly kubeconfig: string;
  readonly directory: string;
  readonly close: () => Promise<void>;
}

/** A kubeconfig with one cluster, user and context. JSON is YAML. */
export function kubeconfigText(cluster: object, user: object): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "main",
    contexts: [{ name: "main", context: { cluster: "here", user: "tester", namespace: "app" } }],
    clusters: [{ name: "here", cluster }],
    users: [{ name: "tester", user }],
  });
}

/** A cluster over real TLS, with a kubeconfig to reach it. */
export async function openCluster(options: KubernetesDoubleOptions = {}): Promise<Cluster> {
  const tls = { ...server, clientCa: authority.ca };
  const double = await createKubernetesDouble({ tls, ...options });
  const directory = await mkdtemp(join(tmpdir(), "rotate-kubernetes-"));
  const kubeconfig = join(directory, "config");
  const data = Buffer.from(authority.ca).toString("base64");
  const cluster = { server: double.url, "certificate-authority-data": data };
  await writeFile(kubeconfig, kubeconfigText(cluster, { token: "admin-token" }));
  const close = async (): Promise<void> => {
    await double.close();
    await rm(directory, { recursive: true });
  };
  return { double, ca: authority.ca, kubeconfig, directory, close };
}

/** The same, closed when the test ends. */
export async function startCluster(options: KubernetesDoubleOptions = {}): Promise<Cluster> {
  const cluster = await openCluster(options);
  onTestFinished(cluster.close);
  return cluster;
}

/** A certificate for a client that the cluster trusts. */
export function clientCertificate(name: string): { readonly cert: string; readonly key: string } {
  return authority.issue({ hosts: [name] });
}
