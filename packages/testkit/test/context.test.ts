import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { SecretRef } from "@rotate/plugin-kit";
import { createFakeClock, createTestContext, envRef, revealValues, secretRef, sinkValues } from "@rotate/testkit";
import { expect, test } from "vitest";

const schema = {
  type: "object",
  properties: {
    wait: { type: "string", format: "duration", default: "1h30m" },
    mode: {
      anyOf: [
        {
          type: "object",
          properties: { kind: { const: "a" }, depth: { type: "integer", default: 3 } },
          required: ["kind"],
        },
      ],
    },
    list: { type: "array", items: { type: "object", properties: { on: { type: "boolean", default: true } } } },
    key: { type: "string", secret: true },
  },
  required: ["key"],
} as const;

test("fills in the schema's defaults at every depth, durations in milliseconds", () => {
  const ctx = createTestContext({ schema, options: { key: secretRef("s"), mode: { kind: "a" }, list: [{}] } });
  expect(ctx.options).toMatchObject({ wait: 5_400_000, mode: { kind: "a", depth: 3 }, list: [{ on: true }] });
});

test("refuses options that the schema does not know or requires", () => {
  expect(() => createTestContext({ schema, options: { key: secretRef("s"), kye: 1 } })).toThrow(
    "options.kye is not an option",
  );
  expect(() => createTestContext({ schema, options: {} })).toThrow("options.key is required");
});

test("reads secret options given as text or as the name of a variable, anew each time", async () => {
  const env: Record<string, string> = { TOKEN: "first-value" };
  const ctx = createTestContext({ env });
  expect((await ctx.resolve(secretRef("given text"))).reveal()).toBe("given text");
  expect((await ctx.resolve(envRef("TOKEN"))).reveal()).toBe("first-value");
  env["TOKEN"] = "second-value";
  expect((await ctx.resolve(envRef("TOKEN"))).reveal()).toBe("second-value");
  await expect(ctx.resolve("plain" as unknown as SecretRef)).rejects.toThrow("this option is no reference");
});

test("keeps what was logged, masked as in production", () => {
  const ctx = createTestContext();
  const secret = ctx.secret("hunter2-hunter2", "password");
  ctx.log.warn("sent", { secret, url: "http://x/?p=hunter2-hunter2", count: 2 });
  expect(ctx.logs).toEqual([
    {
      level: "warn",
      message: "sent",
      fields: { secret: "[secret password]", url: "http://x/?p=[secret password]", count: 2 },
    },
  ]);
});

test("speaks real HTTP and runs real commands, without this process's environment", async () => {
  const server = createServer((_request, response) => response.end('{"ok":true}')).listen(0, "127.0.0.1");
  await once(server, "listening");
  const ctx = createTestContext();
  const answer = await ctx.http(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  expect(answer.json({ type: "object", properties: { ok: { type: "boolean" } }, required: ["ok"] })).toEqual({
    ok: true,
  });
  server.close();
  const { stdout } = await ctx.exec(["env"]);
  const names = stdout
    .trim()
    .split("\n")
    .map((line) => line.split("=")[0]);
  expect(new Set(names)).toEqual(new Set(["HOME", "PATH"]));
});

test("takes its time from a fake clock while the time limit stays real", async () => {
  const clock = createFakeClock({ autoAdvance: true });
  const ctx = createTestContext({ clock, timeout: 30 });
  const start = ctx.now();
  await ctx.sleep(3_600_000);
  expect(ctx.now() - start).toBe(3_600_000);
  await once(ctx.signal, "abort");
});

test("ends early with the test's own signal", () => {
  const controller = new AbortController();
  const ctx = createTestContext({ signal: controller.signal });
  controller.abort(new Error("enough"));
  expect(ctx.signal.reason).toEqual(new Error("enough"));
});

test("turns texts into a sink's values and back", () => {
  expect(revealValues(sinkValues({ A: "1", B: "two" }))).toEqual({ A: "1", B: "two" });
});
