import { writeFile } from "node:fs/promises";
import { isSecret, type Minted } from "@rotate/plugin-kit";
import { type KubernetesDoubleOptions } from "@rotate/doubles";
import { createFakeClock, createTestContext, withDefaults } from "@rotate/testkit";
import { describe, expect, test } from "vitest";
import { kubernetesToken } from "../src/kubernetes-token.ts";
import { kubeconfigText, startCluster, type Cluster } from "./support/cluster.ts";
import { errorOf } from "./support/call.ts";

const hour = 3_600_000;
const runner = { namespace: "app", name: "runner" };
const base = { namespace: "app", serviceAccount: "runner" };

function start(options: KubernetesDoubleOptions = {}): Promise<Cluster> {
  return startCluster({ serviceAccounts: [runner], ...options });
}

function context({ kubeconfig }: Cluster) {
  return createTestContext({ options: { kubeconfig }, schema: kubernetesToken.options });
}

function mint(cluster: Cluster, request: object = {}, ctx = context(cluster)): Promise<Minted> {
  return kubernetesToken.mint(
    withDefaults(kubernetesToken.request ?? { type: "object" }, { ...base, ...request }),
    ctx,
  );
}

function tokenOf({ fields }: Minted): string {
  const { token } = fields;
  return isSecret(token) ? token.reveal() : "";
}

function claimsOf(minted: Minted): Record<string, unknown> {
  return JSON.parse(Buffer.from(tokenOf(minted).split(".")[1] ?? "", "base64url").toString());
}

describe("a token", () => {
  test("is for whom it was asked, and ends when the server says", async () => {
    const cluster = await start();
    const minted = await mint(cluster, { audiences: ["vault", "nats"], ttl: 2 * hour });
    const claims = claimsOf(minted);
    expect(claims).toMatchObject({ aud: ["vault", "nats"], sub: "system:serviceaccount:app:runner" });
    expect(minted.expires).toEqual(new Date(Number(claims["exp"]) * 1000));
    expect(Number(claims["exp"]) - Number(claims["iat"])).toBe(7200);
  });

  test("without audience and ttl is the API server's, for its own default", async () => {
    const cluster = await start({
      serviceAccounts: [{ ...runner, rules: [{ verbs: ["get"], resources: ["secrets"] }] }],
    });
    const token = tokenOf(await mint(cluster));
    expect(await cluster.double.review(token)).toEqual({ username: "system:serviceaccount:app:runner" });
  });

  test("whose life the server shortens ends when the server says, and the warning is passed on", async () => {
    const cluster = await start({ maxTokenLife: hour });
    const ctx = context(cluster);
    const minted = await mint(cluster, { ttl: 24 * hour }, ctx);
    const { exp } = claimsOf(minted);
    expect(minted.expires).toEqual(new Date(Number(exp) * 1000));
    expect(JSON.stringify(ctx.logs)).toContain("requested expiration of 86400 seconds shortened to 3600 seconds");
  });

  test.each([
    ["Secret", { resource: "secrets", namespace: "app", name: "lease" }],
    ["Pod", { resource: "pods", namespace: "app", name: "lease" }],
    ["Node", { resource: "nodes", namespace: "", name: "lease" }],
  ])("that is bound to a %s dies with it", async (kind, key) => {
    const clock = createFakeClock({ start: Date.now() });
    const cluster = await start({ objects: [key], now: clock.now });
    const token = tokenOf(await mint(cluster, { boundObject: { kind, name: "lease" } }));
    expect(await cluster.double.review(token)).toBeDefined();
    cluster.double.remove(key);
    await clock.advance(10_000);
    expect(await cluster.double.review(token)).toBeUndefined();
  });
});

describe("a refusal says what is wrong", () => {
  test("another object of that name", async () => {
    const cluster = await start({ objects: [{ resource: "secrets", namespace: "app", name: "lease" }] });
    const error = await errorOf(mint(cluster, { boundObject: { name: "lease", uid: "of-the-old-one" } }));
    expect(error).toMatchObject({
      code: "CONFLICT",
      retryable: false,
      noEffect: true,
      message: expect.stringContaining("does not match the UID in record"),
    });
  });

  test("no such service account, no such bound object", async () => {
    const cluster = await start();
    const account = await errorOf(mint(cluster, { serviceAccount: "nobody" }));
    expect(account).toMatchObject({ code: "NOT_FOUND", hint: "check name and namespace" });
    expect(account.message).toContain('serviceaccounts "nobody" not found');
    const bound = await errorOf(mint(cluster, { boundObject: { name: "lease" } }));
    expect(bound.message).toContain('secrets "lease" not found');
  });

  test("a life under the server's minimum", async () => {
    const error = await errorOf(mint(await start(), { ttl: 60_000 }));
    expect(error).toMatchObject({ code: "INVALID", message: expect.stringContaining("less than 10 minutes") });
  });

  test("no right to mint", async () => {
    const rules = [{ verbs: ["create"], resources: ["serviceaccounts/token"], resourceNames: ["other"] }];
    const cluster = await start({ users: { "admin-token": { name: "rotate", rules } } });
    const error = await errorOf(mint(cluster));
    expect(error).toMatchObject({ code: "DENIED" });
    expect(error.hint).toBe("grant it by RBAC: verb create on serviceaccounts/token in the namespace app");
  });

  test("an answer without an end", async () => {
    const cluster = await start();
    const body = { kind: "TokenRequest", status: { token: "t0ken-without-end", expirationTimestamp: "soon" } };
    cluster.double.faults.next("POST /api/v1/namespaces/app/serviceaccounts/runner/token", { status: 201, body });
    expect(await errorOf(mint(cluster))).toMatchObject({ code: "BAD_ANSWER", hint: expect.stringMatching(/./) });
  });

  test.each([
    ["a webhook that does not answer: nothing was minted", 500, "failed calling webhook", true],
    ["a server that is not ready: nothing was minted", 503, "the server is currently unable", true],
    ["a server that ran out of time: nobody knows", 504, "request did not complete", false],
  ])("%s", async (_name, status, said, noEffect) => {
    const cluster = await start();
    const body = { kind: "Status", apiVersion: "v1", status: "Failure", message: `Internal error occurred: ${said}` };
    cluster.double.faults.next("POST /api/v1/namespaces/app/serviceaccounts/runner/token", { status, body });
    expect(await errorOf(mint(cluster))).toMatchObject({ code: "UNAVAILABLE", retryable: true, noEffect });
  });

  test("a login that fails: nothing was minted", async () => {
    const cluster = await start();
    const user = { exec: { apiVersion: "client.authentication.k8s.io/v1", command: "sleep", args: ["30"] } };
    await writeFile(cluster.kubeconfig, kubeconfigText({ server: cluster.double.url }, user));
    const ctx = createTestContext({ options: { kubeconfig: cluster.kubeconfig }, timeout: 300 });
    expect(await errorOf(mint(cluster, {}, ctx))).toMatchObject({ code: "TIMEOUT", noEffect: true });
  });
});
