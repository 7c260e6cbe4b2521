/** What stands in the cluster before rotate comes, and the folder with its spec. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { kubeconfigOf, type Cluster } from "./cluster.ts";
import { programPath } from "./compiled.ts";
import { layOut, type Site } from "./support.ts";

/** Where everything is. */
export const namespace = "app";
/** Mints, and notes each mint in a file. */
const minter = `echo minted >>mints; printf '{"token":"token-%s"}' "$(wc -l <mints)"`;

function sink(name: string): string {
  const where = `kubeconfig: rotate.kubeconfig, namespace: app, name: ${name}`;
  return `{ type: kubernetes-secret, ${where}, values: { TOKEN: "{{ token }}" } }`;
}

function rotation(name: string, sinks = sink(name), more = ""): string {
  return `  ${name}:
    provider: minter
    request: { fields: { token: { secret: true } }, expiresIn: 1h }
    sinks: [${sinks}]
${more}`;
}

const restart =
  "    reload: [{ type: kubernetes-rollout, kubeconfig: rotate.kubeconfig, namespace: app, name: web, timeout: 60s }]\n";
const fileFirst = '{ type: dotenv, path: frozen.env, values: { TOKEN: "{{ token }}" } }';

const spec = `version: 1
name: proof
providers:
  minter: { type: exec, command: [sh, -c, ${JSON.stringify(minter)}], cwd: . }
  tokens: { type: kubernetes-token, kubeconfig: rotate.kubeconfig }
rotations:
${["shared", "owned", "made", "denied"].map((name) => rotation(name)).join("")}${rotation("web", sink("web"), restart)}
${rotation("frozen", `${fileFirst}, ${sink("frozen")}`)}  runner:
    provider: tokens
    request: { namespace: app, serviceAccount: runner, ttl: 1h }
    sinks: [{ type: dotenv, path: runner.env, values: { TOKEN: "{{ token }}" } }]
`;

const secretNames = ["shared", "owned", "made", "denied", "web", "frozen"];

/** What the documentation tells an administrator to grant, and a policy that refuses one Secret. */
export function furniture(): readonly object[] {
  const named = (kind: string, name: string, more: object, apiVersion = "v1") => ({
    apiVersion,
    kind,
    metadata: { name, namespace },
    ...more,
  });
  const rbac = "rbac.authorization.k8s.io/v1";
  const rules = [
    { apiGroups: [""], resources: ["secrets"], resourceNames: secretNames, verbs: ["get", "patch", "delete"] },
    { apiGroups: [""], resources: ["secrets"], verbs: ["create"] },
    { apiGroups: [""], resources: ["serviceaccounts/token"], resourceNames: ["runner"], verbs: ["create"] },
    { apiGroups: [""], resources: ["serviceaccounts"], resourceNames: ["runner"], verbs: ["get"] },
    { apiGroups: ["apps"], resources: ["deployments"], resourceNames: ["web"], verbs: ["get", "patch"] },
  ];
  const policy = {
    failurePolicy: "Fail",
    matchConstraints: {
      resourceRules: [
        { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["secrets"] },
      ],
    },
    validations: [
      { expression: "object.metadata.name != 'denied'", message: "no tokens here, says the security team" },
    ],
  };
  const labels = { app: "web" };
  const template = { metadata: { labels }, spec: { containers: [{ name: "web", image: "web" }] } };
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    named("ServiceAccount", "rotate", {}),
    named("ServiceAccount", "runner", {}),
    named("Role", "rotate", { rules }, rbac),
    named(
      "RoleBinding",
      "rotate",
      {
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "rotate" },
        subjects: [{ kind: "ServiceAccount", namespace, name: "rotate" }],
      },
      rbac,
    ),
    {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicy",
      metadata: { name: "denied" },
      spec: policy,
    },
    {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name: "denied" },
      spec: { policyName: "denied", validationActions: ["Deny"] },
    },
    named("Deployment", "web", { spec: { replicas: 2, selector: { matchLabels: labels }, template } }, "apps/v1"),
  ];
}

/** A kubeconfig as the clouds make them: a plugin that prints a token each time. */
export async function layOutSite(cluster: Cluster): Promise<Site> {
  const plugin = `#!/bin/sh
echo asked >>plugin-asked
token=$(KUBECONFIG=admin.kubeconfig ${programPath("kubectl")} create token rotate -n app --duration=10m)
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}' "$token"
`;
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    command: "sh",
    args: ["plugin.sh"],
    interactiveMode: "Never",
  };
  const { url, ca } = cluster;
  const site = await layOut({
    "rotate.yaml": spec,
    "plugin.sh": plugin,
    mints: "",
    "plugin-asked": "",
    "rotate.kubeconfig": JSON.stringify(kubeconfigOf({ url, ca, user: { exec } })),
  });
  await writeFile(
    join(site.directory, "admin.kubeconfig"),
    await cluster.kubectl(["config", "view", "--raw", "--flatten"]),
    { mode: 0o600 },
  );
  return site;
}
