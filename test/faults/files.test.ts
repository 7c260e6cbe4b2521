import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { describeFault, type Fault, missingTools, scenarios, tryFault } from "./file-faults.ts";

const missing = missingTools();

function freshDirectory(): string {
  const base = mkdtempSync(join(tmpdir(), "rotate-faults-"));
  onTestFinished(() => rmSync(base, { recursive: true, force: true }));
  return join(base, "target");
}

const [existing, created, inPlace] = scenarios;
if (existing === undefined || created === undefined || inPlace === undefined) throw new Error("no scenarios");

interface Slice {
  readonly fault: Fault;
  readonly says: string;
}

/** One of each kind out of the sweep (sweep-files.ts has them all). */
const slice: readonly Slice[] = [
  { fault: { scenario: existing, call: "pwrite64", effect: "error=ENOSPC", when: "1" }, says: "FAILED" },
  { fault: { scenario: existing, call: "fsync", effect: "error=EIO", when: "1" }, says: "ok" },
  { fault: { scenario: existing, call: "fsync", effect: "error=EIO", when: "1+" }, says: "FAILED" },
  { fault: { scenario: existing, call: "fsync", effect: "error=EIO", when: "2" }, says: "UNAVAILABLE" },
  { fault: { scenario: existing, call: "/^rename", effect: "error=EBUSY", when: "1" }, says: "INVALID" },
  { fault: { scenario: existing, call: "/^rename", effect: "signal=KILL", when: "1" }, says: "killed" },
  { fault: { scenario: existing, call: "fsync", effect: "signal=KILL", when: "1" }, says: "killed" },
  { fault: { scenario: existing, call: "fsync", effect: "signal=KILL", when: "2" }, says: "killed" },
  { fault: { scenario: existing, call: "openat", effect: "error=EMFILE", when: "2" }, says: "FAILED" },
  { fault: { scenario: created, call: "fchmod", effect: "error=EPERM", when: "1" }, says: "DENIED" },
  { fault: { scenario: inPlace, call: "pwrite64", effect: "error=ENOSPC", when: "1" }, says: "FAILED" },
  { fault: { scenario: inPlace, call: "pwrite64", effect: "error=ENOSPC", when: "1+" }, says: "UNAVAILABLE" },
];

test.for(slice.map((each) => ({ ...each, name: describeFault(each.fault) })))(
  "$name: $says, and no credential is lost",
  async ({ fault, says }, context) => {
    if (missing !== false) context.skip(missing);
    const verdict = await tryFault(freshDirectory(), fault);
    expect(verdict).toEqual({ injected: true, wrong: undefined, said: says });
  },
);

test("the bytes are on the disk before the name changes, and the name before it says ok", async (context) => {
  if (missing !== false) context.skip(missing);
  const directory = freshDirectory();
  const writer = fileURLToPath(new URL("file-writer.ts", import.meta.url));
  mkdirSync(directory);
  const argv = ["-f", "-y", "-o", `${directory}.trace`, "-e", "trace=openat,pwrite64,fchmod,fsync,/^rename"];
  const node = [process.execPath, "--conditions=rotate:src", writer, `${directory}/.env`, "new", '{"mode":"0640"}'];
  const child = spawn("strace", [...argv, ...node], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end("go\nundo\n");
  child.stdout.resume();
  await once(child, "exit");
  const steps = readFileSync(`${directory}.trace`, "utf8")
    .split("\n")
    .flatMap((line) => {
      const [, call] = /^\d+ +(\w+)\(/.exec(line) ?? [];
      const isTemporary = line.includes(".rotate-tmp-");
      if (call === undefined || !(isTemporary || line.includes(directory))) return [];
      return [`${call} ${isTemporary ? "temporary" : "directory"}`];
    });
  const wanted = ["fchmod temporary", "pwrite64 temporary", "fsync temporary", "rename temporary", "fsync directory"];
  expect(
    steps
      .slice(-20)
      .filter((step) => wanted.includes(step))
      .slice(-5),
  ).toEqual(wanted);
});
