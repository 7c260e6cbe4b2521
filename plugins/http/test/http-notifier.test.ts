import { createHmac } from "node:crypto";
import type { Alarm } from "@rotate/plugin-kit";
import { createFakeClock, envRef, sampleAlarm, secretRef } from "@rotate/testkit";
import { describe, expect, test } from "vitest";
import { httpNotifier } from "../src/http-notifier.ts";
import { contextFor, startReceiver } from "./support/receiver.ts";

const alarm: Alarm = {
  ...sampleAlarm,
  title: "billing-db",
  text: "[expired] web-1: billing-db <!channel> & co",
  cause: { code: "ROTATE_MINT_DENIED", provider: "vault", message: "no" },
  rotations: ["billing-db"],
  steps: { "billing-db": "expired" },
  total: 1,
};
const start = Date.parse("2026-01-01T00:00:00Z");

function send(options: object, told: Alarm = alarm) {
  return httpNotifier.send(told, contextFor(httpNotifier, options, { clock: createFakeClock({ start }) }));
}

describe("a webhook for alarms", () => {
  test("gets the whole alarm as JSON, and a key that tells repetitions apart", async () => {
    const { url, received } = await startReceiver();
    await send({ url });
    expect(JSON.parse(received[0]?.body ?? "")).toEqual({ version: 1, ...alarm });
    expect(received[0]?.headers["idempotency-key"]).toBe(alarm.delivery);
  });

  test("gets only what is promised, whatever else an alarm carries", async () => {
    const { url, received } = await startReceiver();
    const more: Alarm = Object.assign({}, alarm, { value: "s3cret-value", cause: { ...alarm.cause, raw: "s3cret" } });
    await send({ url }, more);
    expect(received[0]?.body).not.toContain("s3cret");
  });

  test("can check that it came from us, over the very bytes", async () => {
    const { url, received } = await startReceiver();
    await send({ url, secret: secretRef("shared-s3cret") });
    const digest = createHmac("sha256", "shared-s3cret")
      .update(`${start / 1000}.${received[0]?.body}`)
      .digest("hex");
    expect(received[0]?.headers["x-rotate-signature"]).toBe(`t=${start / 1000},v1=${digest}`);
  });

  test("of Slack gets a text in which an issuer's words call nobody", async () => {
    const { url, received } = await startReceiver();
    await send({ url, format: "slack" });
    expect(JSON.parse(received[0]?.body ?? "")).toEqual({
      text: "[expired] web-1: billing-db &lt;!channel&gt; &amp; co",
    });
  });

  test("is not followed elsewhere", async () => {
    const { url } = await startReceiver((_request, response) => response.writeHead(302, { location: "/" }).end());
    await expect(send({ url })).rejects.toMatchObject({ code: "INVALID" });
  });

  test("is never told its path, which may be its secret, in an error", async () => {
    const { url } = await startReceiver((_request, response) => response.writeHead(500).end());
    await expect(send({ url: url.replace("/hook", "/services/T0/s3cret") })).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: expect.not.stringContaining("s3cret"),
    });
  });

  test("is checked for its secrets without being told anything", async () => {
    const { url, received } = await startReceiver();
    const ctx = contextFor(httpNotifier, { url, bearer: envRef("NO_SUCH") }, { env: {} });
    await expect(httpNotifier.check?.(ctx)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(received).toEqual([]);
  });
});
