/** The rights that the parts say they need are those that they need: tried on a cluster that grants just them. */
import type { KubernetesRule } from "@rotate/doubles";
import type { ClusterRight } from "@rotate/plugin-kit";
import { createTestContext } from "@rotate/testkit";
import { expect, test } from "vitest";
import { kubernetesLease } from "../src/kubernetes-lease.ts";
import { kubernetesRollout } from "../src/kubernetes-rollout.ts";
import { kubernetesSecret } from "../src/kubernetes-secret.ts";
import { kubernetesToken } from "../src/kubernetes-token.ts";
import { event, rolloutContext, secretContext, sink, write } from "./support/call.ts";
import { startCluster } from "./support/cluster.ts";

const secret = { namespace: "backstage", name: "lakebase", create: true };
const rollout = { kind: "deployment", namespace: "backstage", name: "backstage" };
const token = { namespace: "ci", serviceAccount: "runner" };

function ruleOf({ verb, group, resource, subresource, namespace = "", name }: ClusterRight): KubernetesRule {
  const whole = subresource === undefined ? resource : `${resource}/${subresource}`;
  return {
    resources: [group === undefined ? whole : `${whole}.${group}`],
    verbs: [verb],
    namespaces: [namespace],
    ...(name !== undefined && { resourceNames: [name] }),
  };
}

async function clusterWith(rights: readonly ClusterRight[] = []) {
  return startCluster({
    users: { "admin-token": { name: "rotate", rules: rights.map(ruleOf) } },
    namespaces: ["backstage", "ci"],
    workloads: [{ kind: "deployment", namespace: "backstage", name: "backstage", replicas: 1 }],
    serviceAccounts: [{ namespace: "ci", name: "runner" }],
  });
}

test("a Secret is made, undone, changed and fenced with the rights that it asks for", async () => {
  const cluster = await clusterWith(kubernetesSecret.clusterRights?.(secret));
  const ctx = secretContext(cluster, { options: secret });
  await sink.check(ctx);
  const first = await write(ctx, { password: "one" });
  await first.undo?.(ctx);
  await write(ctx, { password: "two" });
  await sink.fence(ctx);
  expect(cluster.double.secret("backstage", "lakebase")).toEqual({ password: "two" });
  expect(ctx.logs).toEqual([]);
});

test("a Secret that somebody else makes needs no right to make or delete one", () => {
  const rights = kubernetesSecret.clusterRights?.({ ...secret, create: false }) ?? [];
  expect(rights.map(({ verb }) => verb)).toEqual(["get", "patch"]);
});

test("a workload is rolled out with the rights that it asks for", async () => {
  const cluster = await clusterWith(kubernetesRollout.clusterRights?.(rollout));
  const ctx = rolloutContext(cluster, { options: { namespace: "backstage", name: "backstage" } });
  await kubernetesRollout.check?.(ctx);
  await kubernetesRollout.run(event, ctx);
  expect(cluster.double.rollouts("deployment", "backstage", "backstage")).toBe(1);
});

test("a token is minted with the rights that it asks for", async () => {
  const cluster = await clusterWith(kubernetesToken.clusterRights?.({}, token));
  const ctx = createTestContext({ options: { kubeconfig: cluster.kubeconfig }, schema: kubernetesToken.options });
  await kubernetesToken.check?.({ ...ctx, login: undefined }, token);
  expect(Object.keys((await kubernetesToken.mint(token, ctx)).fields)).toEqual(["token"]);
});

test("a turn is taken, kept and given back with the rights that it asks for, on as many Leases as may be away and no other", async () => {
  const lease = { namespace: "backstage", name: "web" };
  const cluster = await clusterWith(kubernetesLease.clusterRights?.(lease, 2));
  const options = { ...lease, kubeconfig: cluster.kubeconfig };
  const ctx = createTestContext({ options, schema: kubernetesLease.options });
  await kubernetesLease.check?.(2, ctx);
  const at = new Date("2030-01-01T00:00:00.000Z");
  const permit = { holder: "web-1", acquiredAt: at, renewedAt: at, lasts: 60_000, transitions: 0 };
  for (const number of [0, 1]) {
    const version = await kubernetesLease.write(number, { permit, version: undefined }, ctx);
    expect(await kubernetesLease.write(number, { permit: { ...permit, holder: "" }, version }, ctx)).toBeDefined();
  }
  await expect(kubernetesLease.read(2, ctx)).rejects.toMatchObject({ code: "DENIED" });
  await expect(kubernetesLease.check?.(3, ctx)).rejects.toMatchObject({ code: "DENIED" });
  const { spec } = cluster.double.object({ resource: "leases", namespace: "backstage", name: "web-1" }) ?? {};
  expect(spec).toEqual({
    holderIdentity: "",
    leaseDurationSeconds: 60,
    acquireTime: "2030-01-01T00:00:00.000000Z",
    renewTime: "2030-01-01T00:00:00.000000Z",
    leaseTransitions: 0,
  });
});

test("each of the rights is needed: without it the work, or its check, is refused", async () => {
  const all = kubernetesSecret.clusterRights?.(secret) ?? [];
  for (const left of all.filter(({ verb }) => verb !== "delete")) {
    const cluster = await clusterWith(all.filter((right) => right !== left));
    const ctx = secretContext(cluster, { options: secret });
    const refused = await sink.check(ctx).then(
      () => "nothing",
      ({ code }: { readonly code: string }) => code,
    );
    expect({ without: left.verb, refused }).toEqual({ without: left.verb, refused: "DENIED" });
  }
});

test("the rights say which cluster they are of, when the options do", () => {
  const rights = kubernetesSecret.clusterRights?.({ ...secret, context: "prod" }) ?? [];
  expect(new Set(rights.map(({ cluster }) => cluster))).toEqual(new Set(["of context prod"]));
});
