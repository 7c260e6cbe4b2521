import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRuntime } from "@rotate/runtime";
import { expect, onTestFinished, test } from "vitest";
import { createHelpers } from "../../src/local/helpers.ts";

const withoutProc = existsSync("/proc/self/stat") ? "" : " (skipped: no /proc here)";

function freshDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "rotate-helpers-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, "helpers");
}

const silent = { warn: () => undefined };
const unlimited = new AbortController().signal;

test.skipIf(withoutProc !== "")(`ends the command of a process that died before it${withoutProc}`, async () => {
  const directory = freshDirectory();
  const started = Promise.withResolvers<void>();
  const runtime = createHelpers(directory, silent).noting("db", createRuntime());
  const hanging = runtime.exec(["sleep", "600"], {}, unlimited);
  waitForNote(directory, started.resolve);
  await started.promise;
  const [pid] = createHelpers(directory, silent).endLeftOvers("db");
  expect(pid).toBeGreaterThan(0);
  expect((await hanging).exitCode).toBe(137);
  expect(readdirSync(directory)).toEqual([]);
});

/** The note is written as soon as the command runs: the event loop has only to turn. */
function waitForNote(directory: string, found: () => void): void {
  if (existsSync(join(directory, "db.json"))) return found();
  setImmediate(() => waitForNote(directory, found));
}

test.skipIf(withoutProc !== "")(`leaves nothing behind when a command ends by itself${withoutProc}`, async () => {
  const directory = freshDirectory();
  const runtime = createHelpers(directory, silent).noting("db", createRuntime());
  expect(await runtime.exec(["true"], {}, unlimited)).toMatchObject({ exitCode: 0 });
  expect(createHelpers(directory, silent).endLeftOvers("db")).toEqual([]);
});

test("never touches a process that took the number over, nor another rotation's", () => {
  const directory = freshDirectory();
  const helpers = createHelpers(directory, silent);
  expect(helpers.endLeftOvers("db")).toEqual([]);
  const other = createHelpers(tmpdir(), silent);
  const note = join(tmpdir(), `rotate-note-${process.pid}.json`);
  onTestFinished(() => rmSync(note, { force: true }));
  writeFileSync(note, JSON.stringify([{ pid: process.pid, startedAt: "1" }]));
  expect(other.endLeftOvers(`rotate-note-${process.pid}`)).toEqual([]);
});
