import { revealValues } from "@rotate/testkit";
import { describe, expect, test } from "vitest";
import { startCluster } from "./support/cluster.ts";
import { errorOf, prepare, secretContext, sink } from "./support/call.ts";

const route = "/api/v1/namespaces/app/secrets/db";
const theirs = { namespace: "app", name: "db", data: { password: "theirs", other: "o" }, manager: "argocd" };

describe("a server in trouble", () => {
  const plain = { status: 429, body: "Too many requests, please try again later.\n", headers: { "retry-after": "7" } };
  const timeout = {
    kind: "Status",
    apiVersion: "v1",
    status: "Failure",
    reason: "Timeout",
    message: "request did not complete within the allotted timeout",
    code: 504,
  };

  test("that is overloaded says when to come back, in plain text", async () => {
    const cluster = await startCluster({ secrets: [theirs] });
    const ctx = secretContext(cluster);
    const prepared = await prepare(ctx, { token: "ours" });
    cluster.double.faults.next(`PATCH ${route}`, plain);
    const error = await errorOf(prepared.commit(ctx));
    expect(error).toMatchObject({ code: "RATE_LIMITED", retryable: true, retryAfter: 7000, noEffect: true });
    expect(error.message).toContain("Too many requests");
  });

  test.each([
    ["answers 504 after the write", { afterwards: { status: 504, body: timeout } }],
    ["answers 500 after the write", { afterwards: { status: 500, body: "etcdserver: leader changed" } }],
    ["breaks off in its answer", "cut" as const],
  ])("that %s leaves the outcome open, and a look at the Secret settles it", async (_name, fault) => {
    const cluster = await startCluster({ secrets: [theirs] });
    const ctx = secretContext(cluster);
    const prepared = await prepare(ctx, { token: "ours" });
    cluster.double.faults.next(`PATCH ${route}`, fault);
    expect(await errorOf(prepared.commit(ctx))).toMatchObject({ code: "UNAVAILABLE", noEffect: false });
    await sink.fence(ctx);
    expect(revealValues(await sink.read(["token"], ctx))).toEqual({ token: "ours" });
  });

  test("that is not ready did nothing", async () => {
    const cluster = await startCluster({ secrets: [theirs] });
    const ctx = secretContext(cluster);
    const prepared = await prepare(ctx, { token: "ours" });
    cluster.double.faults.next(`PATCH ${route}`, { status: 503, body: "" });
    expect(await errorOf(prepared.commit(ctx))).toMatchObject({ code: "UNAVAILABLE", noEffect: true });
  });

  test("that is down, or slow, is told apart from a refusal", async () => {
    const cluster = await startCluster();
    cluster.double.faults.always("*", "hang");
    const slow = await errorOf(sink.check(secretContext(cluster, { timeout: 200 })));
    expect(slow).toMatchObject({ code: "TIMEOUT", retryable: true });
    cluster.double.faults.clear();
    cluster.double.faults.always("*", "drop");
    expect(await errorOf(prepare(secretContext(cluster), { a: "b" }))).toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
    });
  });

  test("that is none (a login page) is not believed", async () => {
    const cluster = await startCluster();
    cluster.double.faults.always("*", "html");
    const error = await errorOf(prepare(secretContext(cluster), { password: "p" }));
    expect(error).toMatchObject({ code: "BAD_ANSWER", hint: expect.stringContaining("web page") });
  });

  test("404 without the server's own words is no absent Secret", async () => {
    const cluster = await startCluster();
    cluster.double.faults.always("*", { status: 404, body: "404 page not found" });
    const error = await errorOf(sink.read(["password"], secretContext(cluster)));
    expect(error).toMatchObject({ code: "NOT_FOUND", hint: expect.stringContaining("Kubernetes API server") });
  });
});
