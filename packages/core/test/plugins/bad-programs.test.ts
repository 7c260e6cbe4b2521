import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { contextOf, minted, pluginWith, programOf, runtimeWith } from "./support.ts";

const notOurs = "a fault of the plugin: docs/plugin-protocol.md says what it may write";
const bad = { code: "BAD_ANSWER", retryable: false, noEffect: false, hint: notOurs };

/** What a program does when it is asked to mint, and what the engine makes of it. */
const table: readonly (readonly [title: string, answer: string, error: object])[] = [
  ["writes what is not JSON", `write("minting…\\n")`, { ...bad, message: expect.stringMatching(/not JSON/) }],
  ["writes a list", `write("[1]\\n")`, { ...bad, message: expect.stringMatching(/no JSON object/) }],
  ["writes null", `write("null\\n")`, { ...bad, message: expect.stringMatching(/no JSON object/) }],
  ["begins with a byte order mark", `write("\\ufeff{}\\n")`, { ...bad, message: expect.stringMatching(/not JSON/) }],
  [
    "writes no UTF-8",
    `process.stdout.write(Buffer.from([0x22, 0xff, 0x22, 10]))`,
    { ...bad, message: expect.stringMatching(/UTF-8/) },
  ],
  ["answers another call", `send({ id: 999, ok: minted })`, { ...bad, message: expect.stringMatching(/not open/) }],
  [
    "answers with its id as text",
    `send({ id: String(call.id), ok: minted })`,
    { ...bad, message: expect.stringMatching(/not open/) },
  ],
  ["answers without an id", `send({ ok: minted })`, { ...bad, message: expect.stringMatching(/not open/) }],
  ["answers neither", `send({ id: call.id })`, { ...bad, message: expect.stringMatching(/not one of/) }],
  [
    "answers both",
    `send({ id: call.id, ok: minted, error: {} })`,
    { ...bad, message: expect.stringMatching(/not one of/) },
  ],
  [
    "answers with a key of its own",
    `send({ id: call.id, ok: minted, also: 1 })`,
    { ...bad, message: expect.stringMatching(/key/) },
  ],
  [
    "writes __proto__",
    `write('{"id":' + call.id + ',"ok":{"__proto__":{"x":1}}}\\n')`,
    { ...bad, message: expect.stringMatching(/__proto__/) },
  ],
  [
    "writes constructor",
    `write('{"id":' + call.id + ',"ok":{"constructor":1}}\\n')`,
    { ...bad, message: expect.stringMatching(/constructor/) },
  ],
  [
    "writes 1e400",
    `write('{"id":' + call.id + ',"ok":{"expires":{"in":1e400}}}\\n')`,
    { ...bad, message: expect.stringMatching(/too large/) },
  ],
  [
    "floods standard output",
    `for (let i = 0; i < 40; i++) write("x".repeat(65536))`,
    { ...bad, message: expect.stringMatching(/1 MiB/) },
  ],
  [
    "says an error without a code",
    `send({ id: call.id, error: { message: "no", retryable: false } })`,
    { ...bad, message: expect.stringMatching(/code/) },
  ],
  [
    "says an error with a code of its own",
    `send({ id: call.id, error: { code: "OOPS", message: "no", retryable: false } })`,
    { ...bad, message: expect.stringMatching(/code/) },
  ],
  [
    "says an error that is a text",
    `send({ id: call.id, error: "no" })`,
    { ...bad, message: expect.stringMatching(/no object/) },
  ],
  [
    "mints a number",
    `send({ id: call.id, ok: { fields: { token: 7 }, expires: "never" } })`,
    { ...bad, message: expect.stringMatching(/no text/) },
  ],
  [
    "mints no fields",
    `send({ id: call.id, ok: { expires: "never" } })`,
    { ...bad, message: expect.stringMatching(/fields/) },
  ],
  [
    "mints without an end",
    `send({ id: call.id, ok: { fields: minted.fields } })`,
    { ...bad, message: expect.stringMatching(/expires/) },
  ],
  [
    "mints until a day that is none",
    `send({ id: call.id, ok: { ...minted, expires: "tomorrow" } })`,
    { ...bad, message: expect.stringMatching(/expires/) },
  ],
  [
    "mints with a key of its own",
    `send({ id: call.id, ok: { ...minted, more: 1 } })`,
    { ...bad, message: expect.stringMatching(/key/) },
  ],
  [
    "ends before it answers",
    `process.exit(0)`,
    { code: "FAILED", noEffect: false, message: expect.stringMatching(/exit code 0/) },
  ],
  [
    "fails and says why",
    `console.error("no disk"); process.exit(3)`,
    { code: "FAILED", retryable: false, noEffect: false, message: expect.stringMatching(/exit code 3\): no disk$/) },
  ],
  ["is busy", `process.exit(75)`, { code: "UNAVAILABLE", retryable: true, noEffect: false }],
  [
    "kills itself",
    `process.kill(process.pid, "SIGKILL")`,
    { code: "FAILED", message: expect.stringMatching(/SIGKILL/) },
  ],
  [
    "writes half a line and ends",
    `process.stdout.write('{"id":', () => process.exit(0))`,
    { ...bad, message: expect.stringMatching(/line feed/) },
  ],
];

test.each(table)("a program that %s", async (_, answer, error) => {
  const runtime = runtimeWith();
  const { providers } = await pluginWith(programOf(answer), runtime);
  await expect(providers[0]!.mint({}, contextOf(runtime))).rejects.toMatchObject({ name: "RotateError", ...error });
});

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
