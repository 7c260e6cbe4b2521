import { createKubernetesDouble, type KubernetesDouble, type KubernetesDoubleOptions } from "@rotate/doubles";
import { describe, expect, onTestFinished, test } from "vitest";

const path = "/api/v1/namespaces/app/secrets/db";
const key = { resource: "secrets", namespace: "app", name: "db" };

async function start(options: KubernetesDoubleOptions = {}): Promise<KubernetesDouble> {
  const double = await createKubernetesDouble(options);
  onTestFinished(double.close);
  return double;
}

interface Ask {
  readonly type?: string;
  readonly token?: string;
}

async function ask(double: KubernetesDouble, route: string, body?: unknown, { type, token = "admin-token" }: Ask = {}) {
  const [method = "", where = ""] = route.split(" ");
  const headers = { authorization: `Bearer ${token}`, "content-type": type ?? "application/json" };
  const answer = await fetch(`${double.url}${where}`, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Reply };
}

/** What the tests look at; a Status has a text for `status`. */
interface Reply {
  readonly metadata?: { readonly resourceVersion?: string };
  readonly spec?: object;
  readonly status?: string | { readonly token?: string };
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** Applies texts as a manager. */
function apply(
  double: KubernetesDouble,
  texts: Record<string, string>,
  settings: { readonly query?: string; readonly metadata?: object; readonly token?: string } = {},
) {
  const data = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, base64(text)]));
  const body = { apiVersion: "v1", kind: "Secret", metadata: { name: "db", ...settings.metadata }, data };
  const route = `PATCH ${path}?${settings.query ?? "fieldManager=one"}`;
  return ask(double, route, body, {
    type: "application/apply-patch+yaml",
    ...(settings.token && { token: settings.token }),
  });
}

describe("server-side apply", () => {
  test("makes the object, then changes it, and leaves a version alone when nothing changes", async () => {
    const double = await start();
    const made = await apply(double, { a: "1" });
    expect(made.status).toBe(201);
    const again = await apply(double, { a: "1" });
    expect(again).toMatchObject({
      status: 200,
      body: { metadata: { resourceVersion: made.body.metadata?.resourceVersion } },
    });
    const changed = await apply(double, { a: "2" });
    expect(changed.body.metadata?.resourceVersion).not.toBe(made.body.metadata?.resourceVersion);
  });

  test("deletes what a manager leaves out that it applied before, unless another one owns it, too", async () => {
    const double = await start();
    await apply(double, { a: "1", b: "2", c: "3" });
    await apply(double, { b: "2" }, { query: "fieldManager=two" });
    await apply(double, { a: "1" });
    expect(double.secret("app", "db")).toEqual({ a: "1", b: "2" });
  });

  test("refuses what another manager owns with another value, names it, and hands it over when forced", async () => {
    const double = await start();
    await apply(double, { a: "1" });
    const refused = await apply(double, { a: "2" }, { query: "fieldManager=two" });
    const cause = { reason: "FieldManagerConflict", message: 'conflict with "one"', field: ".data.a" };
    expect(refused).toMatchObject({ status: 409, body: { reason: "Conflict", details: { causes: [cause] } } });
    expect((await apply(double, { a: "2" }, { query: "fieldManager=two&force=true" })).status).toBe(200);
    await apply(double, {}, { query: "fieldManager=one" });
    expect(double.secret("app", "db")).toEqual({ a: "2" });
  });

  test("of stringData owns that alone: its data can be taken unseen, and stays when it is left out", async () => {
    const double = await start();
    const type = "application/apply-patch+yaml";
    const body = { apiVersion: "v1", kind: "Secret", metadata: { name: "db" } };
    await ask(double, `PATCH ${path}?fieldManager=helm`, { ...body, stringData: { a: "1", b: "2" } }, { type });
    expect(double.secret("app", "db")).toEqual({ a: "1", b: "2" });
    expect(double.object(key)).not.toHaveProperty("stringData");
    const fields = { "f:stringData": { "f:a": {}, "f:b": {} } };
    expect(double.object(key)).toMatchObject({ metadata: { managedFields: [{ manager: "helm", fieldsV1: fields }] } });
    expect((await apply(double, { a: "3" })).status).toBe(200);
    await ask(double, `PATCH ${path}?fieldManager=helm`, { ...body, stringData: { b: "4" } }, { type });
    expect(double.secret("app", "db")).toEqual({ a: "3", b: "4" });
  });

  test.each([
    ["without a field manager", { query: "x=1" }, 422, "fieldManager: Required value"],
    ["with the name of another object", { metadata: { name: "other" } }, 400, "does not match the name on the URL"],
    ["in another namespace", { metadata: { namespace: "default" } }, 400, "does not match the namespace"],
    ["with managedFields", { metadata: { managedFields: [] } }, 400, "metadata.managedFields must be nil"],
    ["for an old version", { metadata: { resourceVersion: "1" } }, 409, "the object has been modified"],
    ["for another object of the name", { metadata: { uid: "x" } }, 422, "metadata.uid: Invalid value"],
    ["with a dry run of another kind", { query: "fieldManager=one&dryRun=Some" }, 422, "Unsupported value"],
  ])("is refused %s", async (_name, settings, status, said) => {
    const double = await start();
    await apply(double, { a: "1" });
    const before = double.object(key);
    const answer = await apply(double, { a: "2" }, settings);
    expect(answer).toMatchObject({
      status,
      body: { kind: "Status", code: status, message: expect.stringContaining(said) },
    });
    expect(double.object(key)).toEqual(before);
  });

  test("does not make an object anew for a uid, and makes it for a version", async () => {
    const double = await start();
    expect((await apply(double, { a: "1" }, { metadata: { uid: "x" } })).status).toBe(409);
    expect((await apply(double, { a: "1" }, { metadata: { resourceVersion: "1" } })).status).toBe(201);
  });

  test("needs the right to create, by name, where it makes the object", async () => {
    const patch = { verbs: ["patch"], resources: ["secrets"], resourceNames: ["db"] };
    const create = { ...patch, verbs: ["patch", "create"] };
    const users = { weak: { name: "weak", rules: [patch] }, strong: { name: "strong", rules: [create] } };
    const double = await start({ users });
    const refused = await apply(double, { a: "1" }, { token: "weak" });
    const message =
      'secrets "db" is forbidden: User "weak" cannot create resource "secrets" in API group "" in the namespace "app"';
    expect(refused).toMatchObject({ status: 403, body: { reason: "Forbidden", message } });
    expect((await apply(double, { a: "1" }, { token: "strong" })).status).toBe(201);
  });
});

describe("other writes", () => {
  test("a patch of an unknown kind is 415, force outside of apply 422, one of nothing 404", async () => {
    const double = await start();
    expect((await ask(double, `PATCH ${path}`, {}, { type: "application/json" })).status).toBe(415);
    const type = "application/merge-patch+json";
    expect((await ask(double, `PATCH ${path}?force=true`, {}, { type })).status).toBe(422);
    expect((await ask(double, `PATCH ${path}`, {}, { type })).status).toBe(404);
  });

  test("stringData is folded into data, null takes a key out, and the writer owns what it changed", async () => {
    const double = await start({ secrets: [{ namespace: "app", name: "db", data: { a: "1", b: "2" } }] });
    const type = "application/merge-patch+json";
    await ask(double, `PATCH ${path}?fieldManager=three`, { stringData: { c: "3" }, data: { a: null } }, { type });
    expect(double.secret("app", "db")).toEqual({ b: "2", c: "3" });
    const fields = { manager: "three", operation: "Update", fieldsV1: { "f:data": { "f:c": {} } } };
    expect(double.object(key)).toMatchObject({ metadata: { managedFields: [expect.anything(), fields] } });
  });

  test.each([
    ["data that is no base64", { data: { a: "?" } }, 400],
    ["a key that is none", { data: { "a b": "" } }, 422],
    ["a namespace that is not there", { metadata: { name: "db", namespace: "nowhere" } }, 400],
    ["a version of something new", { metadata: { name: "db", resourceVersion: "1" } }, 400],
    ["a type without its keys", { type: "kubernetes.io/tls" }, 422],
  ])("a Secret with %s is not made", async (_name, parts, status) => {
    const double = await start();
    const body = { apiVersion: "v1", kind: "Secret", metadata: { name: "db" }, ...parts };
    expect((await ask(double, "POST /api/v1/namespaces/app/secrets", body)).status).toBe(status);
    expect(double.object(key)).toBeUndefined();
  });

  test("a second one of the name is AlreadyExists", async () => {
    const double = await start({ secrets: [{ namespace: "app", name: "db" }] });
    const body = { apiVersion: "v1", kind: "Secret", metadata: { name: "db" } };
    const answer = await ask(double, "POST /api/v1/namespaces/app/secrets", body);
    expect(answer).toMatchObject({ status: 409, body: { reason: "AlreadyExists" } });
  });

  test("an immutable Secret keeps its data and takes labels", async () => {
    const double = await start({ secrets: [{ namespace: "app", name: "db", data: { a: "1" }, immutable: true }] });
    const type = "application/merge-patch+json";
    const refused = await ask(double, `PATCH ${path}`, { data: { a: base64("2") } }, { type });
    expect(refused).toMatchObject({
      status: 422,
      body: { message: expect.stringContaining("field is immutable when `immutable` is set") },
    });
    expect((await ask(double, `PATCH ${path}`, { metadata: { labels: { x: "y" } } }, { type })).status).toBe(200);
  });
});

test("who is not known is 401, on every path but /version", async () => {
  const double = await start();
  const nobody = { token: "nobody" };
  expect((await ask(double, `GET ${path}`, undefined, nobody)).body).toMatchObject({
    code: 401,
    reason: "Unauthorized",
  });
  expect((await ask(double, "GET /version", undefined, nobody)).status).toBe(200);
});

test("a dry run shows the outcome and changes nothing, not even a rollout", async () => {
  const double = await start({ workloads: [{ kind: "deployment", namespace: "app", name: "web" }] });
  const where = "/apis/apps/v1/namespaces/app/deployments/web";
  const body = { spec: { template: { metadata: { annotations: { a: "b" } } } } };
  const type = "application/strategic-merge-patch+json";
  const shown = await ask(double, `PATCH ${where}?dryRun=All`, body, { type });
  expect(shown.body).toMatchObject(body);
  expect(double.rollouts("deployment", "app", "web")).toBe(0);
  await ask(double, `PATCH ${where}`, body, { type });
  expect(double.rollouts("deployment", "app", "web")).toBe(1);
});

test("a token of a service account is let in with the rules of its account, until its time is over", async () => {
  let now = Date.UTC(2026, 0, 1);
  const rules = [{ verbs: ["get"], resources: ["secrets"] }];
  const serviceAccounts = [{ namespace: "app", name: "runner", rules }];
  const double = await start({ now: () => now, serviceAccounts, secrets: [{ namespace: "app", name: "db" }] });
  const made = await ask(double, "POST /api/v1/namespaces/app/serviceaccounts/runner/token", { spec: {} });
  const token = Object(made.body.status).token as string;
  expect((await ask(double, `GET ${path}`, undefined, { token })).status).toBe(200);
  expect((await ask(double, `DELETE ${path}`, undefined, { token })).status).toBe(403);
  now += 3_600_000;
  expect((await ask(double, `GET ${path}`, undefined, { token })).status).toBe(401);
});

test("a token that was let in is let in for ten seconds more when what it is bound to is deleted, and then no longer", async () => {
  let now = Date.UTC(2026, 0, 1);
  const lease = { resource: "secrets", namespace: "app", name: "lease" };
  const rules = [{ verbs: ["get"], resources: ["secrets"] }];
  const serviceAccounts = [{ namespace: "app", name: "runner", rules }];
  const secrets = [{ namespace: "app", name: "db" }];
  const double = await start({ now: () => now, serviceAccounts, secrets, objects: [lease] });
  const boundObjectRef = { kind: "Secret", apiVersion: "v1", name: "lease" };
  const made = await ask(double, "POST /api/v1/namespaces/app/serviceaccounts/runner/token", {
    spec: { boundObjectRef },
  });
  const token = Object(made.body.status).token as string;
  expect((await ask(double, `GET ${path}`, undefined, { token })).status).toBe(200);
  double.remove(lease);
  now += 9_999;
  expect((await ask(double, `GET ${path}`, undefined, { token })).status).toBe(200);
  now += 1;
  expect((await ask(double, `GET ${path}`, undefined, { token })).status).toBe(401);
});
