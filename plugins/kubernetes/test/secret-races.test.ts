import { createFakeClock } from "@rotate/testkit";
import { describe, expect, test } from "vitest";
import { startCluster } from "./support/cluster.ts";
import { errorOf, prepare, secretContext, sink, write } from "./support/call.ts";

const key = { resource: "secrets", namespace: "app", name: "db" };
const route = "/api/v1/namespaces/app/secrets/db";
const theirs = { namespace: "app", name: "db", data: { password: "theirs", other: "o" }, manager: "argocd" };

describe("a write that races with another", () => {
  test("is refused as a conflict that is worth another try", async () => {
    const cluster = await startCluster({ secrets: [theirs] });
    const ctx = secretContext(cluster);
    const prepared = await prepare(ctx, { token: "ours" });
    cluster.double.editSecret(theirs, { other: "p" });
    const error = await errorOf(prepared.commit(ctx));
    expect(error).toMatchObject({ code: "CONFLICT", retryable: true });
    expect(error.message).toContain("the object has been modified");
    expect(cluster.double.secret("app", "db")).toEqual({ password: "theirs", other: "p" });
  });

  test("does not bring a Secret back that was deleted meanwhile", async () => {
    const cluster = await startCluster({ secrets: [theirs] });
    const ctx = secretContext(cluster);
    const prepared = await prepare(ctx, { token: "ours" });
    cluster.double.remove(key);
    expect(await errorOf(prepared.commit(ctx))).toMatchObject({ code: "CONFLICT" });
    expect(cluster.double.secret("app", "db")).toBeUndefined();
  });

  test("that comes late finds itself fenced off", async () => {
    const cluster = await startCluster();
    await write(secretContext(cluster), { password: "one" });
    const late = await prepare(secretContext(cluster), { password: "two" });
    const held = cluster.double.hold(`PATCH ${route}`);
    expect(await errorOf(late.commit(secretContext(cluster, { timeout: 300 })))).toMatchObject({
      code: "TIMEOUT",
      noEffect: false,
    });
    await sink.fence(secretContext(cluster));
    await held.release();
    expect(cluster.double.secret("app", "db")).toEqual({ password: "one" });
  });

  test("that comes late to make the Secret does not overwrite the one made since", async () => {
    const cluster = await startCluster();
    const late = await prepare(secretContext(cluster), { password: "one" });
    const held = cluster.double.hold("POST /api/v1/namespaces/app/secrets");
    expect(await errorOf(late.commit(secretContext(cluster, { timeout: 300 })))).toMatchObject({ code: "TIMEOUT" });
    await write(secretContext(cluster), { password: "two" });
    await held.release();
    expect(cluster.double.secret("app", "db")).toEqual({ password: "two" });
  });

  test("is no fault of the Secret when another one of the name takes its place while it is fenced", async () => {
    const cluster = await startCluster();
    await write(secretContext(cluster), { password: "one" });
    const held = cluster.double.hold(`PATCH ${route}`);
    const fenced = errorOf(sink.fence(secretContext(cluster)));
    await held.arrived;
    cluster.double.remove(key);
    cluster.double.editSecret({ namespace: "app", name: "db" }, { password: "theirs" });
    await held.release();
    expect(await fenced).toMatchObject({ code: "CONFLICT" });
  });

  test("is waited for by the fence where there is no Secret to fence: longer than a server works on a write", async () => {
    const cluster = await startCluster();
    const clock = createFakeClock({ autoAdvance: true });
    await sink.fence(secretContext(cluster, { clock }));
    expect(clock.monotonic()).toBeGreaterThan(34_000);
    expect(cluster.double.secret("app", "db")).toBeUndefined();
  });
});

describe("undo", () => {
  test("takes out what was not there before, beside what others wrote since", async () => {
    const cluster = await startCluster({ secrets: [theirs] });
    const ctx = secretContext(cluster, { options: { labels: { team: "web" } } });
    const prepared = await write(ctx, { token: "ours" });
    cluster.double.editSecret(theirs, { other: "p" });
    await prepared.undo?.(ctx);
    expect(cluster.double.secret("app", "db")).toEqual({ password: "theirs", other: "p" });
    expect(cluster.double.object(key)).not.toMatchObject({ metadata: { labels: { team: "web" } } });
    await write(ctx, { token: "ours again" });
    expect(cluster.double.secret("app", "db")).toMatchObject({ token: "ours again" });
  });

  test("does not bring a Secret back that somebody deleted", async () => {
    const cluster = await startCluster({ secrets: [{ ...theirs, manager: "rotate" }] });
    const ctx = secretContext(cluster);
    const prepared = await write(ctx, { password: "ours" });
    cluster.double.remove(key);
    expect(await errorOf(prepared.undo?.(ctx) ?? Promise.resolve())).toMatchObject({ code: "CONFLICT" });
  });
});
