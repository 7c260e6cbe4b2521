import { type KubernetesWorkload } from "@rotate/doubles";
import { createFakeClock } from "@rotate/testkit";
import { describe, expect, test } from "vitest";
import { kubernetesRollout } from "../src/kubernetes-rollout.ts";
import { startCluster } from "./support/cluster.ts";
import { errorOf, event, rolloutContext } from "./support/call.ts";

const web: KubernetesWorkload = { kind: "deployment", namespace: "app", name: "web" };
const clock = () => createFakeClock({ autoAdvance: true });
const template = { resource: "deployments", namespace: "app", name: "web" };

function annotations(object: object | undefined): unknown {
  return (object as { spec: { template: { metadata: object } } }).spec.template.metadata;
}

describe("a rollout", () => {
  test.each(["deployment", "statefulset", "daemonset"] as const)("of a %s is waited for pod by pod", async (kind) => {
    const cluster = await startCluster({ workloads: [{ ...web, kind, replicas: 3 }] });
    const ctx = rolloutContext(cluster, { options: { kind }, clock: clock() });
    await kubernetesRollout.run(event, ctx);
    const progress = ctx.logs.map(({ fields }) => fields["progress"]);
    expect(progress[0]).toBe("its controller has not looked yet");
    expect(progress.length).toBeGreaterThan(3);
    const looks = cluster.double.requests.filter(({ method }) => method === "GET").length;
    await kubernetesRollout.run(event, rolloutContext(cluster, { options: { kind } }));
    expect(cluster.double.requests.filter(({ method }) => method === "GET").length).toBe(looks + 2);
    expect(cluster.double.rollouts(kind, "app", "web")).toBe(1);
  });

  test("of nothing (zero replicas) is over at once", async () => {
    const cluster = await startCluster({ workloads: [{ ...web, replicas: 0 }] });
    await kubernetesRollout.run(event, rolloutContext(cluster, { clock: clock() }));
    expect(cluster.double.rollouts("deployment", "app", "web")).toBe(1);
  });

  test("is marked for each rotation by itself, under a name that an annotation may have", async () => {
    const cluster = await startCluster({ workloads: [web] });
    const ctx = rolloutContext(cluster, { clock: clock() });
    const long = `tenant-${"x".repeat(60)}.acme`;
    for (const rotation of ["db", long, "db", long]) await kubernetesRollout.run({ ...event, rotation }, ctx);
    expect(cluster.double.rollouts("deployment", "app", "web")).toBe(2);
    expect(annotations(cluster.double.object(template))).toMatchObject({
      annotations: { "fingerprint.rotate.dev/db": event.fingerprint },
    });
  });

  test("goes back to an earlier credential as to any other", async () => {
    const cluster = await startCluster({ workloads: [web] });
    const ctx = rolloutContext(cluster, { clock: clock() });
    for (const fingerprint of ["one", "two", "one"]) await kubernetesRollout.run({ ...event, fingerprint }, ctx);
    expect(cluster.double.rollouts("deployment", "app", "web")).toBe(3);
  });

  test("waits a moment when a Secret was written, for the nodes to have seen it", async () => {
    const cluster = await startCluster({ workloads: [web] });
    const times = clock();
    const written = [{ type: "kubernetes-secret", target: "secret app/db", keys: ["password"] }];
    const ctx = rolloutContext(cluster, { clock: times, options: { delay: 60_000 } });
    await kubernetesRollout.run({ ...event, written }, ctx);
    expect(times.monotonic()).toBeGreaterThan(60_000);
  });

  test("that does not get on fails with the server's reason, and so does the next try, without a second rollout", async () => {
    const times = clock();
    const cluster = await startCluster({ now: times.now, workloads: [{ ...web, stuck: true }] });
    const ctx = rolloutContext(cluster, { clock: times });
    const failed = { code: "FAILED", hint: expect.stringContaining("kubectl -n app describe deployment web") };
    const error = await errorOf(kubernetesRollout.run(event, ctx));
    expect(error).toMatchObject(failed);
    expect(error.message).toBe(
      'deployment app/web does not get on: ReplicaSet "app-7c5ddbdf54" has timed out progressing',
    );
    expect(times.monotonic()).toBeGreaterThan(600_000);
    expect(await errorOf(kubernetesRollout.run({ ...event, reason: "owed" }, ctx))).toMatchObject(failed);
    expect(cluster.double.rollouts("deployment", "app", "web")).toBe(1);
  });

  test("that is cut short says how far it came", async () => {
    const cluster = await startCluster({ workloads: [{ ...web, kind: "statefulset", stuck: true }] });
    const ctx = rolloutContext(cluster, { options: { kind: "statefulset" }, timeout: 1500 });
    const error = await errorOf(kubernetesRollout.run(event, ctx));
    expect(error).toMatchObject({ code: "TIMEOUT", retryable: true });
    expect(error.message).toBe("statefulset app/web is not rolled out yet: 1 of 2 pods are ready");
  });
});

describe("before anything is minted", () => {
  test.each([
    ["is paused", { ...web, paused: true }, "deployment app/web is paused"],
    ["is updated by hand only", { ...web, kind: "daemonset", strategy: "OnDelete" }, "has the strategy OnDelete"],
    ["keeps pods behind a partition", { ...web, kind: "statefulset", partition: 1 }, "has the partition 1"],
  ] as const)("a workload that %s is found, and never touched", async (_name, workload, said) => {
    const cluster = await startCluster({ workloads: [workload] });
    const ctx = rolloutContext(cluster, { options: { kind: workload.kind } });
    const refused = { code: "INVALID", message: expect.stringContaining(said), hint: expect.stringMatching(/./) };
    expect(await errorOf(kubernetesRollout.check?.(ctx) ?? Promise.resolve())).toMatchObject(refused);
    expect(await errorOf(kubernetesRollout.run(event, ctx))).toMatchObject(refused);
    expect(cluster.double.rollouts(workload.kind, "app", "web")).toBe(0);
  });

  test("one that is not there, or that we may not roll out, is found", async () => {
    const rules = [{ verbs: ["get"], resources: ["deployments.apps"] }];
    const cluster = await startCluster({ users: { "admin-token": { name: "rotate", rules } } });
    const missing = await errorOf(kubernetesRollout.check?.(rolloutContext(cluster)) ?? Promise.resolve());
    expect(missing.message).toBe("not allowed to patch deployments app/web");
    expect(missing.hint).toContain(
      '{ apiGroups: ["apps"], resources: ["deployments"], resourceNames: ["web"], verbs: ["patch"] }',
    );
    cluster.double.setUser("admin-token", { name: "rotate", rules: [{ verbs: ["*"], resources: ["*"] }] });
    const absent = await errorOf(kubernetesRollout.check?.(rolloutContext(cluster)) ?? Promise.resolve());
    expect(absent).toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining('deployments.apps "web" not found'),
    });
  });
});

test("a partition is accepted where nothing is said of adoption", async () => {
  const cluster = await startCluster({ workloads: [{ ...web, kind: "statefulset", replicas: 3, partition: 2 }] });
  const options = { kind: "statefulset", adopts: false };
  const ctx = rolloutContext(cluster, { options, clock: clock() });
  await kubernetesRollout.run(event, ctx);
  expect(kubernetesRollout.adopts(ctx.options)).toBe(false);
});
