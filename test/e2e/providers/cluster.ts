/** A cluster, and Kubernetes' own client to look at it. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import {
  createCertificateAuthority,
  createKubernetesDouble,
  type KubernetesDouble,
  type KubernetesRule,
} from "@rotate/doubles";
import { onTestFinished } from "vitest";
import { isMissing, type Stage } from "./support.ts";

const authority = createCertificateAuthority("cluster authority");
const certificate = authority.issue({ hosts: ["127.0.0.1"] });
const namespaces = ["app"];
const minting: KubernetesRule = { verbs: ["create"], resources: ["serviceaccounts/token"], namespaces };
const writing = { verbs: ["get", "patch", "create"], resources: ["secrets", "deployments.apps"], namespaces };

/** The bearer token of who runs rotate. */
export const deployer = "token-of-the-deployer-8d1f0c";

/** Starts it, over TLS: the deployer may do what a spec needs and no more, the service account `reader` may look at the deployment `web`. */
export async function startCluster(): Promise<KubernetesDouble> {
  const cluster = await createKubernetesDouble({
    tls: certificate,
    users: { [deployer]: { name: "deployer", rules: [minting, writing] } },
    serviceAccounts: [{ namespace: "app", name: "reader", rules: [{ ...writing, verbs: ["get"] }] }],
    workloads: [{ kind: "deployment", namespace: "app", name: "web", replicas: 1 }],
  });
  onTestFinished(cluster.close);
  return cluster;
}

/** From now on the deployer may not mint. */
export function forbidMinting({ setUser }: KubernetesDouble): void {
  setUser(deployer, { name: "deployer", rules: [writing] });
}

/** A kubeconfig with one context, for whom a token speaks. JSON is YAML. */
export function kubeconfigFor(token: string, { url }: KubernetesDouble): string {
  const cluster = { server: url, "certificate-authority-data": Buffer.from(authority.ca).toString("base64") };
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "main",
    contexts: [{ name: "main", context: { cluster: "here", user: "me", namespace: "app" } }],
    clusters: [{ name: "here", cluster }],
    users: [{ name: "me", user: { token } }],
  });
}

export const kubectlMissing: boolean = isMissing("kubectl", "version", "--client");

/** What kubectl prints, with a kubeconfig of the stage. */
export async function kubectl(
  { directory, env }: Stage,
  kubeconfig: string,
  ...args: readonly string[]
): Promise<string> {
  const own = { cwd: directory, env: { ...env, KUBECONFIG: kubeconfig } };
  return (await promisify(execFile)("kubectl", args, own)).stdout;
}
