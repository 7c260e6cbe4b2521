import { type KubernetesRule } from "@rotate/doubles";
import { revealValues } from "@rotate/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { startCluster } from "./support/cluster.ts";
import { errorOf, prepare, secretContext, sink, write } from "./support/call.ts";

const key = { resource: "secrets", namespace: "app", name: "db" };
const theirs = { namespace: "app", name: "db", data: { password: "theirs", other: "o" }, manager: "argocd" };

describe("what is written", () => {
  test("is a new Secret with our type and labels when there is none", async () => {
    const cluster = await startCluster();
    await write(secretContext(cluster, { options: { secretType: "example.com/db", labels: { team: "web" } } }), {
      password: "p",
    });
    const labels = { "app.kubernetes.io/managed-by": "rotate", team: "web" };
    expect(cluster.double.object(key)).toMatchObject({ type: "example.com/db", metadata: { labels } });
    expect(cluster.double.secret("app", "db")).toEqual({ password: "p" });
  });

  test("leaves the keys of others, and of our other rotations, as they are", async () => {
    const cluster = await startCluster({ secrets: [{ namespace: "app", name: "db", data: { other: "o" } }] });
    await write(secretContext(cluster), { first: "1" });
    await write(secretContext(cluster, { options: { labels: { team: "web" } } }), { second: "2" });
    await write(secretContext(cluster), { first: "3" });
    expect(cluster.double.secret("app", "db")).toEqual({ other: "o", first: "3", second: "2" });
    expect(cluster.double.object(key)).toMatchObject({ metadata: { labels: { team: "web" } } });
  });

  test("goes over a hand edit in a Secret that we made, and says so", async () => {
    const cluster = await startCluster();
    await write(secretContext(cluster), { password: "one" });
    cluster.double.editSecret({ namespace: "app", name: "db" }, { password: "by hand" });
    const ctx = secretContext(cluster);
    await write(ctx, { password: "two" });
    expect(cluster.double.secret("app", "db")).toEqual({ password: "two" });
    expect(ctx.logs).toContainEqual(
      expect.objectContaining({ level: "warn", message: "takes over what another manager owns" }),
    );
  });

  test("can be any text under any key, and is read back as it was", async () => {
    const cluster = await startCluster();
    const ctx = secretContext(cluster);
    const keys = fc.stringMatching(/^[-_a-zA-Z0-9][-._a-zA-Z0-9]{0,40}$/);
    const texts = fc.dictionary(keys, fc.string({ unit: "grapheme", minLength: 1 }), { minKeys: 1, maxKeys: 5 });
    await fc.assert(
      fc.asyncProperty(texts, async (written) => {
        await write(ctx, written);
        expect(revealValues(await sink.read(Object.keys(written), ctx))).toEqual({ ...written });
      }),
      { numRuns: 25 },
    );
  });
});

describe("a write is refused before it is made", () => {
  test("when another manager owns the key: who, and which, and how to take it over", async () => {
    const cluster = await startCluster({ secrets: [theirs] });
    const error = await errorOf(prepare(secretContext(cluster), { password: "ours" }));
    expect(error).toMatchObject({ code: "INVALID", retryable: false });
    expect(error.message).toBe("another manager owns what would be written into secret app/db: data.password (argocd)");
    expect(error.hint).toContain("force: true");
    await write(secretContext(cluster, { options: { force: true } }), { password: "ours" });
    expect(cluster.double.secret("app", "db")).toEqual({ password: "ours", other: "o" });
  });

  test("when another manager applied the key by stringData, of which the server itself says nothing", async () => {
    const cluster = await startCluster();
    cluster.double.applySecret({ namespace: "app", name: "db" }, { stringData: { password: "theirs" } }, "helm");
    const error = await errorOf(prepare(secretContext(cluster), { password: "ours" }));
    expect(error).toMatchObject({ code: "INVALID", hint: expect.stringContaining("force: true") });
    expect(error.message).toBe(
      "another manager owns what would be written into secret app/db: stringData.password (helm)",
    );
    const unchanged = await prepare(secretContext(cluster), { password: "theirs", other: "ours" });
    expect(unchanged.changed).toBe(true);
    const ctx = secretContext(cluster, { options: { force: true } });
    await write(ctx, { password: "ours" });
    await write(ctx, { password: "ours again" });
    expect(cluster.double.secret("app", "db")).toEqual({ password: "ours again" });
    expect(ctx.logs.map(({ message }) => message)).toContain("takes over what another manager owns");
  });

  test("when the Secret is immutable, already in check", async () => {
    const cluster = await startCluster({ secrets: [{ ...theirs, immutable: true }] });
    const refused = { code: "INVALID", message: "secret app/db is immutable" };
    expect(await errorOf(sink.check(secretContext(cluster)))).toMatchObject(refused);
    expect(await errorOf(prepare(secretContext(cluster), { password: "ours" }))).toMatchObject(refused);
  });

  test("when it has another type", async () => {
    const cluster = await startCluster({ secrets: [theirs] });
    const error = await errorOf(sink.check(secretContext(cluster, { options: { secretType: "kubernetes.io/tls" } })));
    expect(error.message).toBe("secret app/db has the type Opaque, not kubernetes.io/tls");
  });

  test("when its type wants other keys", async () => {
    const cluster = await startCluster();
    const error = await errorOf(
      prepare(secretContext(cluster, { options: { secretType: "kubernetes.io/tls" } }), { "tls.crt": "c" }),
    );
    expect(error).toMatchObject({ code: "INVALID", message: expect.stringContaining("data[tls.key]: Required value") });
  });

  test("when it is larger than 1 MiB, and not when it is just as large", async () => {
    const cluster = await startCluster();
    const error = await errorOf(prepare(secretContext(cluster), { password: "x".repeat(1_048_577) }));
    expect(error).toMatchObject({
      code: "INVALID",
      message: expect.stringContaining("may not be more than 1048576 bytes"),
    });
    const ctx = secretContext(cluster);
    await write(ctx, { password: "x".repeat(1_048_576) });
    expect((await sink.read(["password"], ctx))["password"]?.reveal()).toHaveLength(1_048_576);
  });

  test("when it is not there and we are not to make it", async () => {
    const cluster = await startCluster();
    const ctx = secretContext(cluster, { options: { create: false } });
    expect(await errorOf(sink.check(ctx))).toMatchObject({
      code: "NOT_FOUND",
      hint: expect.stringContaining("create: true"),
    });
    expect(await errorOf(prepare(ctx, { password: "p" }))).toMatchObject({ code: "NOT_FOUND" });
  });

  test("when the namespace does not exist", async () => {
    const cluster = await startCluster();
    const error = await errorOf(
      prepare(secretContext(cluster, { options: { namespace: "nowhere" } }), { password: "p" }),
    );
    expect(error).toMatchObject({ code: "NOT_FOUND", hint: expect.stringContaining("create the namespace") });
    expect(error.message).toContain('namespaces "nowhere" not found');
  });
});

describe("permissions", () => {
  const named = { resources: ["secrets"], resourceNames: ["db"], namespaces: ["app"] };
  const rules = (verbs: readonly string[], create: readonly KubernetesRule[] = []) => ({
    users: { "admin-token": { name: "rotate", rules: [{ ...named, verbs }, ...create] } },
  });
  const creating = { verbs: ["create"], resources: ["secrets"], namespaces: ["app"] };

  test("that are documented suffice for all that the sink does", async () => {
    const cluster = await startCluster(rules(["get", "patch", "delete"], [creating]));
    const ctx = secretContext(cluster);
    await sink.check(ctx);
    const first = await write(ctx, { password: "one" });
    await first.undo?.(ctx);
    expect(cluster.double.secret("app", "db")).toBeUndefined();
    await write(ctx, { password: "two" });
    await sink.fence(ctx);
    expect(revealValues(await sink.read(["password"], ctx))).toEqual({ password: "two" });
  });

  test.each([
    [["patch"], "get", '{ apiGroups: [""], resources: ["secrets"], resourceNames: ["db"], verbs: ["get"] }'],
    [["get"], "patch", '{ apiGroups: [""], resources: ["secrets"], resourceNames: ["db"], verbs: ["patch"] }'],
    [["get", "patch"], "create", '{ apiGroups: [""], resources: ["secrets"], verbs: ["create"] }'],
  ])("%j: check names the missing %s, and the rule that grants it", async (verbs, missing, rule) => {
    const cluster = await startCluster(rules(verbs));
    const error = await errorOf(sink.check(secretContext(cluster)));
    expect(error).toMatchObject({
      code: "DENIED",
      message: expect.stringContaining(`not allowed to ${missing} secrets`),
    });
    expect(error.hint).toContain(rule);
  });

  test("a denied read is not an absent Secret", async () => {
    const cluster = await startCluster({ ...rules([]), secrets: [theirs] });
    const error = await errorOf(sink.read(["password"], secretContext(cluster)));
    expect(error).toMatchObject({ code: "DENIED", hint: "grant it by RBAC: verb get on secrets in the namespace app" });
    expect(error.message).toContain('User "rotate" cannot get resource "secrets"');
  });

  test("without delete, undoing a first write leaves an empty Secret, and check says so beforehand", async () => {
    const cluster = await startCluster(rules(["get", "patch"], [creating]));
    const ctx = secretContext(cluster);
    await sink.check(ctx);
    expect(ctx.logs.map(({ message }) => message)).toEqual([
      "may not delete the secret: undoing its first write will leave it empty",
    ]);
    const first = await write(ctx, { password: "one" });
    await first.undo?.(ctx);
    expect(cluster.double.secret("app", "db")).toEqual({});
  });
});

test("the target names the cluster as the options do", () => {
  const place = { namespace: "app", name: "db" };
  expect(sink.target(place)).toBe("secret app/db");
  const elsewhere = { ...place, context: "prod", kubeconfig: "/etc/kube" };
  expect(sink.target(elsewhere)).toBe("secret app/db of context prod in /etc/kube");
});
