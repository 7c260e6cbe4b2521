import { createHmac } from "node:crypto";
import type { ReloadEvent } from "@rotate/plugin-kit";
import { createFakeClock, envRef, secretRef } from "@rotate/testkit";
import { describe, expect, test } from "vitest";
import { httpReload } from "../src/http-reload.ts";
import { contextFor, startReceiver } from "./support/receiver.ts";

const event: ReloadEvent = {
  rotation: "backstage-db",
  reason: "owed",
  fingerprint: "fp-1234",
  expiresAt: new Date("2030-01-31T12:00:00Z"),
  written: [{ type: "dotenv", target: "/srv/app/.env", keys: ["DATABASE_URL"] }],
};
const start = Date.parse("2026-01-01T00:00:00Z");

function run(options: object) {
  return httpReload.run(event, contextFor(httpReload, options, { clock: createFakeClock({ start }) }));
}

function check(options: object) {
  return httpReload.check?.(contextFor(httpReload, options, { env: {} }));
}

describe("a webhook", () => {
  test("posts what was rotated as JSON, and nothing secret", async () => {
    const { url, received } = await startReceiver();
    await run({ url });
    expect(received).toMatchObject([{ method: "POST", headers: { "content-type": "application/json" } }]);
    expect(JSON.parse(received[0]?.body ?? "")).toEqual({
      version: 1,
      rotation: "backstage-db",
      reason: "owed",
      fingerprint: "fp-1234",
      expiresAt: "2030-01-31T12:00:00.000Z",
      written: [{ type: "dotenv", target: "/srv/app/.env", keys: ["DATABASE_URL"] }],
    });
  });

  test("sends only what it promises, whatever else an event carries", async () => {
    const { url, received } = await startReceiver();
    const more: ReloadEvent = Object.assign({}, event, { credential: "s3cret-value" });
    await httpReload.run(more, contextFor(httpReload, { url }));
    expect(received[0]?.body).not.toContain("s3cret");
  });

  test("signs the time and the very bytes of the body with the shared secret", async () => {
    const { url, received } = await startReceiver();
    await run({ url, secret: secretRef("shared-s3cret") });
    const [sent] = received;
    const time = start / 1000;
    const digest = createHmac("sha256", "shared-s3cret").update(`${time}.${sent?.body}`).digest("hex");
    expect(sent?.headers["x-rotate-signature"]).toBe(`t=${time},v1=${digest}`);
  });

  test("carries headers and a bearer token by reference", async () => {
    const { url, received } = await startReceiver();
    await run({
      url,
      method: "PUT",
      headers: { "x-a": "1" },
      secretHeaders: { "x-key": secretRef("k3y-value") },
      bearer: secretRef("t0ken-value"),
    });
    expect(received).toMatchObject([
      { method: "PUT", headers: { "x-a": "1", "x-key": "k3y-value", authorization: "Bearer t0ken-value" } },
    ]);
  });

  test("never follows a redirect", async () => {
    const elsewhere = await startReceiver();
    const { url } = await startReceiver((_request, response) =>
      response.writeHead(307, { location: elsewhere.url }).end(),
    );
    await expect(run({ url })).rejects.toMatchObject({ code: "INVALID", retryable: false });
    expect(elsewhere.received).toEqual([]);
  });

  test.each([
    [500, { code: "UNAVAILABLE", retryable: true }],
    [429, { code: "RATE_LIMITED", retryable: true }],
    [401, { code: "DENIED", retryable: false }],
    [404, { code: "NOT_FOUND", retryable: false }],
  ])("fails when the receiver answers %i", async (status, expected) => {
    const { url } = await startReceiver((_request, response) => response.writeHead(status).end());
    await expect(run({ url })).rejects.toMatchObject(expected);
  });

  test("takes other statuses as success only when told so", async () => {
    const { url } = await startReceiver((_request, response) => response.writeHead(202).end());
    await expect(run({ url })).resolves.toBeUndefined();
    await expect(run({ url, expectStatus: [200] })).rejects.toThrow("HTTP 202");
  });

  test("does not show the path of its URL, which may be the receiver's secret", async () => {
    const { url } = await startReceiver((_request, response) => response.writeHead(500).end());
    const error: unknown = await run({ url: url.replace("/hook", "/services/T0/s3cret") }).catch(
      (thrown: unknown) => thrown,
    );
    expect(String(error)).not.toContain("s3cret");
  });

  test("counts as adopted unless the spec says otherwise", () => {
    expect(httpReload.adopts({ adopts: true })).toBe(true);
    expect(httpReload.adopts({ adopts: false })).toBe(false);
  });
});

describe("a webhook is not sent", () => {
  test.each([
    "http://169.254.169.254/latest/meta-data/",
    "http://2852039166/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[fe80::1]/",
    "https://[fd00:ec2::254]/",
  ])("to a link-local or metadata address: %s", async (url) => {
    await expect(run({ url, allowInsecure: true })).rejects.toMatchObject({
      code: "INVALID",
      message: expect.stringContaining("link-local"),
    });
  });

  test("unencrypted to another machine, unless that is allowed", async () => {
    await expect(run({ url: "http://hooks.example/x" })).rejects.toMatchObject({
      code: "INVALID",
      hint: expect.stringContaining("allowInsecure"),
    });
    await expect(run({ url: "http://127.0.0.1.example/x" })).rejects.toMatchObject({ code: "INVALID" });
  });
});

describe("the check of a webhook", () => {
  test("sends nothing", async () => {
    const { url, received } = await startReceiver();
    await check({ url });
    expect(received).toEqual([]);
  });

  test("finds a bad URL and a missing secret before anything is minted", async () => {
    await expect(check({ url: "http://hooks.example/x" })).rejects.toMatchObject({ code: "INVALID" });
    await expect(check({ url: "hooks.example/s3cret" })).rejects.toMatchObject({
      code: "INVALID",
      message: expect.not.stringContaining("s3cret"),
    });
    await expect(check({ url: "https://hooks.example/", secret: envRef("NO_SUCH") })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });
});
