import { RotateError, Secret } from "@rotate/plugin-kit";
import { expect, test } from "vitest";
import { createLog, type LogOptions } from "../src/log.ts";
import { createMasker } from "../src/masker.ts";

function capture(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const masker = createMasker();
  masker.secret("hunter2-hunter2", "password");
  masker.secret("abc", "pin");
  const log = createLog({ write: (line) => lines.push(line), masker, now: () => Date.UTC(2026, 0, 1), ...options });
  return { lines, log };
}

test("writes a line that people read: time, level, message, fields", () => {
  const { lines, log } = capture();
  log.info("credential written", { sink: "dotenv", keys: ["A", "B"], at: new Date(0), note: "two words", ratio: 0.5 });
  expect(lines).toEqual([
    '2026-01-01T00:00:00.000Z info  credential written sink=dotenv keys=["A","B"] at=1970-01-01T00:00:00.000Z note="two words" ratio=0.5\n',
  ]);
});

test("writes JSON lines in which a field cannot pose as time, level or message", () => {
  const { lines, log } = capture({ format: "json" });
  log.warn("late", { level: "info", message: "fine", n: 1n, nested: { deep: [undefined] } });
  expect(JSON.parse(lines[0] ?? "")).toEqual({
    time: "2026-01-01T00:00:00.000Z",
    level: "warn",
    message: "late",
    n: "1",
    nested: { deep: [null] },
  });
});

test.each(["text", "json"] as const)("masks secrets in message, keys, values, errors and objects (%s)", (format) => {
  const { lines, log } = capture({ format });
  const error = new RotateError("got hunter2-hunter2", { code: "DENIED", retryable: false });
  log.info("at hunter2-hunter2", {
    "hunter2-hunter2": 1,
    url: "x?hunter2-hunter2",
    error,
    secret: new Secret("zzzzzzzzz", "new"),
    pin: "abc",
    deep: { a: ["hunter2-hunter2"] },
  });
  expect(lines[0]).not.toContain("hunter2");
  expect(lines[0]).not.toContain("zzzzzzzzz");
  expect(lines[0]).not.toContain("abc");
  expect(lines[0]).toContain("[secret new]");
  expect(lines[0]).toContain("(DENIED)");
});

test("a value cannot begin a new line or paint the terminal", () => {
  const { lines, log } = capture();
  log.info("a\nb", { x: "1\n2026 info  forged\u001b[31m" });
  expect(lines[0]?.match(/[\n\u001b]/g)).toEqual(["\n"]);
});

test("a message of several lines is one that people read, without escapes for what only ended a line", () => {
  const { lines, log } = capture();
  log.warn("the command failed:\r\n  no such file\n");
  expect(lines).toEqual(["2026-01-01T00:00:00.000Z warn  the command failed: / no such file\n"]);
});

test("is silent at the level error: what fails is told by who fails", () => {
  const { lines, log } = capture({ level: "error" });
  log.warn("nobody hears it");
  expect(lines).toEqual([]);
});

test("drops what is below the level", () => {
  const { lines, log } = capture({ level: "warn" });
  log.debug("no");
  log.info("no");
  log.warn("yes");
  expect(lines).toHaveLength(1);
});

test("an object that contains itself is cut off, not fatal", () => {
  const { lines, log } = capture();
  const ring: { self?: unknown } = {};
  ring.self = ring;
  log.info("ring", { ring });
  expect(lines[0]).toContain("…");
});
