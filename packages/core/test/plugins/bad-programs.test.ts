import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { contextOf, pluginWith, programOf, runtimeWith, minted } from "./support.ts";

test("a program that answers twice has given its first answer, is ended, and started anew", async () => {
  const runtime = runtimeWith();
  const answer = `send({ id: call.id, ok: { ...minted, handle: process.pid } }); send({ id: call.id, ok: minted })`;
  const { providers } = await pluginWith(programOf(answer), runtime);
  const mint = (): Promise<unknown> => providers[0]!.mint({}, contextOf(runtime)).then(({ handle }) => handle);
  const first = await mint();
  await expect.poll(() => mint().catch(() => first)).not.toBe(first);
});

test("a program that hangs is told to stop, then killed with all that it started", async () => {
  const lines: string[] = [];
  const runtime = runtimeWith(lines);
  const answer = `if (call.call) { const { pid } = require("node:child_process").spawn("sleep", ["600"]); console.error("started " + pid); }`;
  const { providers } = await pluginWith(programOf(answer), runtime);
  await expect(providers[0]!.mint({}, contextOf(runtime, { limit: 3_000 }))).rejects.toMatchObject({
    code: "TIMEOUT",
    noEffect: false,
  });
  const pidIn = (): number => Number(/started (\d+)/.exec(lines.join(""))?.[1] ?? 0);
  await expect.poll(pidIn).toBeGreaterThan(0);
  const pid = pidIn();
  await expect.poll(() => isThere(pid)).toBe(false);
});

/** A zombie that nobody has buried counts as gone. */
function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(process.getBuiltinModule("node:fs").readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

test("a program that obeys a cancellation lives on", async () => {
  const runtime = runtimeWith();
  const answer = `
  if (call.cancel) return send({ id: call.cancel, error: { code: "TIMEOUT", message: "stopped", retryable: true, noEffect: true } });
  if (call.request.now) send({ id: call.id, ok: { ...minted, handle: { pid: process.pid } } })`;
  const { providers } = await pluginWith(programOf(answer), runtime);
  const first = await providers[0]!.mint({ now: true }, contextOf(runtime));
  await expect(providers[0]!.mint({}, contextOf(runtime, { limit: 100 }))).rejects.toMatchObject({
    message: "stopped",
    noEffect: true,
  });
  const second = await providers[0]!.mint({ now: true }, contextOf(runtime));
  expect(second.handle).toEqual(first.handle);
});

test("a flood on standard error is logged up to its limit, and long lines not at all", async () => {
  const lines: string[] = [];
  const runtime = runtimeWith(lines);
  const answer = `console.error("y".repeat(5000)); console.error(("z".repeat(99) + "\\n").repeat(20000)); send({ id: call.id, ok: minted })`;
  const { providers } = await pluginWith(programOf(answer), runtime);
  await providers[0]!.mint({}, contextOf(runtime));
  await expect.poll(() => lines.join("")).toContain("more than is logged");
  expect(lines.join("")).not.toContain("yyyy");
  expect(lines.filter((line) => line.includes("zzzz")).length).toBeLessThan(2000);
});

test("a secret that a program prints is masked in the log", async () => {
  const lines: string[] = [];
  const runtime = runtimeWith(lines);
  runtime.masker.secret("hunter2-hunter2", "key");
  const { providers } = await pluginWith(programOf(`console.error("key hunter2-hunter2"); process.exit(1)`), runtime);
  await expect(providers[0]!.mint({}, contextOf(runtime))).rejects.toMatchObject({ code: "FAILED" });
  expect(lines.join("")).toContain("key [secret key]");
  expect(lines.join("")).not.toContain("hunter2");
});

test("a program that fails again and again is left alone for a minute", async () => {
  const runtime = runtimeWith();
  const { providers } = await pluginWith(programOf(`process.exit(1)`), runtime);
  const codes: unknown[] = [];
  for (let time = 0; time < 6; time++)
    await providers[0]!.mint({}, contextOf(runtime)).catch((error: { code: string }) => codes.push(error.code));
  expect(codes).toEqual(["FAILED", "FAILED", "FAILED", "FAILED", "UNAVAILABLE", "UNAVAILABLE"]);
  const later = contextOf({ ...runtime, now: () => Date.now() + 61_000 });
  await expect(providers[0]!.mint({}, later)).rejects.toMatchObject({ code: "FAILED" });
});

test("calls come one after another, and what waited in vain was never asked", async () => {
  const runtime = runtimeWith();
  const answer = `if (call.cancel) return; setTimeout(() => send({ id: call.id, ok: minted }), 400)`;
  const { providers } = await pluginWith(programOf(answer), runtime);
  const first = providers[0]!.mint({}, contextOf(runtime));
  await wait(10);
  const second = providers[0]!.mint({}, contextOf(runtime, { limit: 50 }));
  await expect(second).rejects.toMatchObject({ code: "TIMEOUT", noEffect: true });
  expect(await first).toMatchObject({ expires: minted.expires });
});
