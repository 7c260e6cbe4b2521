/** The rules in the documentation are those that the plugin needs: tried on a cluster that grants just them. */
import { readFile } from "node:fs/promises";
import { type KubernetesRule } from "@rotate/doubles";
import { createTestContext } from "@rotate/testkit";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { kubernetesRollout } from "../src/kubernetes-rollout.ts";
import { kubernetesToken } from "../src/kubernetes-token.ts";
import { startCluster } from "./support/cluster.ts";
import { event, rolloutContext, secretContext, sink, write } from "./support/call.ts";

interface RoleRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}
interface Role {
  readonly kind: string;
  readonly metadata: { readonly namespace: string };
  readonly rules: readonly RoleRule[];
}

/** What the first Role on a page grants. */
async function granted(page: string): Promise<readonly KubernetesRule[]> {
  const text = await readFile(new URL(`../../../docs/${page}`, import.meta.url), "utf8");
  const blocks = page.endsWith(".md")
    ? [...text.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map((match) => match[1] ?? "")
    : [text];
  const objects = blocks.flatMap((block) => [...parseAllDocuments(block)].map((one) => one.toJS() as Role));
  const role = objects.find(({ kind }) => kind === "Role");
  if (role === undefined) throw new Error(`${page} shows no Role`);
  return role.rules.map(({ apiGroups: [group = ""], resources, ...rule }) => ({
    ...rule,
    resources: resources.map((resource) => (group === "" ? resource : `${resource}.${group}`)),
    namespaces: [role.metadata.namespace],
  }));
}

async function clusterWith(rules: readonly KubernetesRule[]) {
  return startCluster({
    users: { "admin-token": { name: "rotate", rules } },
    namespaces: ["backstage", "ci"],
    workloads: [{ kind: "deployment", namespace: "backstage", name: "backstage", replicas: 1 }],
    serviceAccounts: [{ namespace: "ci", name: "runner" }],
  });
}

test.each(["plugins/kubernetes-secret.md", "deploy/kubernetes/example/rbac.yaml"])(
  "%s grants what the Secret needs",
  async (page) => {
    const cluster = await clusterWith(await granted(page));
    const ctx = secretContext(cluster, { options: { namespace: "backstage", name: "lakebase" } });
    await sink.check(ctx);
    const first = await write(ctx, { password: "one" });
    await first.undo?.(ctx);
    await write(ctx, { password: "two" });
    await write(ctx, { password: "three" });
    await sink.fence(ctx);
    expect(cluster.double.secret("backstage", "lakebase")).toEqual({ password: "three" });
    expect(ctx.logs).toEqual([]);
  },
);

test.each(["plugins/kubernetes-rollout.md", "deploy/kubernetes/example/rbac.yaml"])(
  "%s grants what a rollout needs",
  async (page) => {
    const cluster = await clusterWith(await granted(page));
    const ctx = rolloutContext(cluster, { options: { namespace: "backstage", name: "backstage" } });
    await kubernetesRollout.check?.(ctx);
    await kubernetesRollout.run(event, ctx);
    expect(cluster.double.rollouts("deployment", "backstage", "backstage")).toBe(1);
  },
);

test("plugins/kubernetes-token.md grants what a token needs", async () => {
  const cluster = await clusterWith(await granted("plugins/kubernetes-token.md"));
  const ctx = createTestContext({ options: { kubeconfig: cluster.kubeconfig }, schema: kubernetesToken.options });
  await kubernetesToken.check?.({ ...ctx, login: undefined });
  const { fields } = await kubernetesToken.mint({ namespace: "ci", serviceAccount: "runner" }, ctx);
  expect(Object.keys(fields)).toEqual(["token"]);
});
