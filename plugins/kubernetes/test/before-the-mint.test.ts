import { type KubernetesDoubleOptions, type KubernetesRule } from "@rotate/doubles";
import { createTestContext, sinkValues, withDefaults } from "@rotate/testkit";
import { describe, expect, test } from "vitest";
import { kubernetesToken } from "../src/kubernetes-token.ts";
import { errorOf, secretContext, sink, type CallSettings } from "./support/call.ts";
import { startCluster, type Cluster } from "./support/cluster.ts";

const token = "sample".repeat(8);

/** What `plan` and the preflight do: the sink with values of the shape that they will have. */
function checkSecret(cluster: Cluster, texts: Readonly<Record<string, string>>, settings: CallSettings = {}) {
  return sink.check({ ...secretContext(cluster, settings), keys: Object.keys(texts), samples: sinkValues(texts) });
}

describe("a Secret that could not be written is found before the mint", () => {
  test("its namespace does not exist", async () => {
    const cluster = await startCluster();
    const error = await errorOf(checkSecret(cluster, { password: token }, { options: { namespace: "nowhere" } }));
    expect(error).toMatchObject({ code: "NOT_FOUND", hint: "create the namespace, or correct `namespace`" });
    expect(error.message).toContain('namespaces "nowhere" not found');
  });

  test("others own its keys", async () => {
    const theirs = { namespace: "app", name: "db", data: { password: "theirs" }, manager: "argocd" };
    const cluster = await startCluster({ secrets: [theirs] });
    const error = await errorOf(checkSecret(cluster, { password: token }));
    expect(error).toMatchObject({ code: "INVALID", hint: expect.stringContaining("force: true") });
    expect(error.message).toContain("data.password (argocd)");
    const forced = checkSecret(cluster, { password: token }, { options: { force: true } });
    await expect(forced).resolves.toBeUndefined();
  });

  test("its type wants other keys", async () => {
    const cluster = await startCluster();
    const options = { secretType: "kubernetes.io/tls" };
    const error = await errorOf(checkSecret(cluster, { "tls.crt": token }, { options }));
    expect(error).toMatchObject({ code: "INVALID", message: expect.stringContaining("data[tls.key]: Required value") });
    await expect(checkSecret(cluster, { "tls.crt": token, "tls.key": token }, { options })).resolves.toBeUndefined();
  });

  test("it would be larger than 1 MiB with what is there already", async () => {
    const full = { namespace: "app", name: "db", data: { other: "x".repeat(1_048_570) } };
    const cluster = await startCluster({ secrets: [full] });
    const error = await errorOf(checkSecret(cluster, { password: token }));
    expect(error).toMatchObject({ code: "INVALID", message: expect.stringContaining("1048576 bytes") });
  });

  test("a docker config that a template makes is none, and a whole field may be one", async () => {
    const cluster = await startCluster();
    const options = { secretType: "kubernetes.io/dockerconfigjson" };
    const key = ".dockerconfigjson";
    const broken = await errorOf(checkSecret(cluster, { [key]: `{"auths": ${token}` }, { options }));
    expect(broken).toMatchObject({ code: "INVALID", message: expect.stringContaining(`data[${key}]`) });
    await expect(checkSecret(cluster, { [key]: `{"auths": {"r": "${token}"}}` }, { options })).resolves.toBeUndefined();
    await expect(checkSecret(cluster, { [key]: token }, { options })).resolves.toBeUndefined();
  });

  test("and nothing of that is written", async () => {
    const cluster = await startCluster();
    await checkSecret(cluster, { password: token });
    expect(cluster.double.secret("app", "db")).toBeUndefined();
  });
});

function withRules(rules: readonly KubernetesRule[], more: KubernetesDoubleOptions = {}) {
  return startCluster({ users: { "admin-token": { name: "rotate", rules } }, ...more });
}

describe("rights that are missing", () => {
  test("are named all at once, with the rules that grant them", async () => {
    const error = await errorOf(sink.check(secretContext(await withRules([]))));
    expect(error.code).toBe("DENIED");
    expect(error.message).toBe(
      "not allowed to get secrets app/db, patch secrets app/db, create secrets in namespace app",
    );
    expect(error.hint).toBe(
      'add these rules to a Role in namespace app: { apiGroups: [""], resources: ["secrets"], resourceNames: ["db"], verbs: ["get", "patch"] }, { apiGroups: [""], resources: ["secrets"], verbs: ["create"] }',
    );
  });

  test("to make a Secret matter only where there is none", async () => {
    const rules = [{ verbs: ["get", "patch"], resources: ["secrets"] }];
    const there = { namespace: "app", name: "db" };
    const ctx = secretContext(await withRules(rules, { secrets: [there] }));
    await expect(sink.check(ctx)).resolves.toBeUndefined();
  });
});

async function checkToken(cluster: Cluster, asked: object = {}) {
  const ctx = createTestContext({ options: { kubeconfig: cluster.kubeconfig }, schema: kubernetesToken.options });
  const request = { namespace: "app", serviceAccount: "runner", ...asked };
  await kubernetesToken.check?.(ctx, withDefaults(kubernetesToken.request ?? { type: "object" }, request));
  return cluster.double.requests.filter(({ path }) => path.endsWith("/token"));
}

describe("a token that could not be minted is found before the mint", () => {
  const account = { namespace: "app", name: "runner" };
  const lease = { resource: "secrets", namespace: "app", name: "lease" };

  test("the right to it is missing", async () => {
    const rules = [{ verbs: ["create"], resources: ["serviceaccounts/token"], resourceNames: ["other"] }];
    const users = { "admin-token": { name: "rotate", rules } };
    const error = await errorOf(checkToken(await startCluster({ users, serviceAccounts: [account] })));
    expect(error).toMatchObject({ code: "DENIED", message: "not allowed to create serviceaccounts/token app/runner" });
    expect(error.hint).toContain(
      '{ apiGroups: [""], resources: ["serviceaccounts/token"], resourceNames: ["runner"], verbs: ["create"] }',
    );
  });

  test("there is no such account", async () => {
    const error = await errorOf(checkToken(await startCluster()));
    expect(error).toMatchObject({ code: "NOT_FOUND", hint: "check name and namespace" });
    expect(error.message).toContain('serviceaccounts "runner" not found');
  });

  test("what it is bound to is gone, or another one by now", async () => {
    const cluster = await startCluster({ serviceAccounts: [account], objects: [lease] });
    const gone = await errorOf(checkToken(cluster, { boundObject: { name: "older" } }));
    expect(gone).toMatchObject({ code: "NOT_FOUND", message: expect.stringContaining('secrets "older" not found') });
    const other = await errorOf(checkToken(cluster, { boundObject: { name: "lease", uid: "of-the-old-one" } }));
    expect(other).toMatchObject({ code: "CONFLICT", retryable: false });
  });

  test("all is well, and nothing was minted for that", async () => {
    const cluster = await startCluster({ serviceAccounts: [account], objects: [lease] });
    expect(await checkToken(cluster, { boundObject: { name: "lease" } })).toEqual([]);
  });

  test("who may mint and not look is let through", async () => {
    const rules = [{ verbs: ["create"], resources: ["serviceaccounts/token"] }];
    const users = { "admin-token": { name: "rotate", rules } };
    expect(await checkToken(await startCluster({ users, serviceAccounts: [account] }))).toEqual([]);
  });
});
