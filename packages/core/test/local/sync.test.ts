import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSqliteState } from "../../src/local/sqlite.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rotate-sync-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const canTrace = spawnSync("strace", ["-e", "trace=fsync", "true"]).status === 0;
const module = new URL("../../src/local/sqlite.ts", import.meta.url);

/** How often a fresh state is synced while these records are appended to it; the process is killed, so that closing it counts for nothing. */
function syncsOf(records: readonly object[]): number {
  rmSync(join(directory, "state"), { recursive: true, force: true });
  mkdirSync(join(directory, "state"));
  const program = `import { openSqliteState } from ${JSON.stringify(module)};
const state = openSqliteState(${JSON.stringify(join(directory, "state"))});
process.stderr.write("begin\\n");
const stamp = { time: 1, wall: 1, told: 1, uptime: 1, bootId: "b" };
for (const record of ${JSON.stringify(records)}) {
  await state.append("db", { state: await state.load("db"), entries: [{ record, stamp }] });
}
process.kill(process.pid, "SIGKILL");`;
  const file = join(directory, "program.ts");
  writeFileSync(file, program);
  const argv = ["-f", "-e", "trace=fsync,fdatasync", process.execPath, "--conditions=rotate:src", file];
  const { stderr } = spawnSync("strace", argv, { encoding: "utf8" });
  return stderr.slice(stderr.indexOf("begin")).match(/sync\(/g)?.length ?? 0;
}

const opened = { type: "opened" };
const announcing = { type: "dropped", lease: "l1" };
const howItWent = { type: "mint-failed", lease: "l1" };

test.skipIf(!canTrace)(
  "each record that announces an act is on the disk before the act; one that only tells, or tells how it went, is not waited for",
  () => {
    const [telling = 0, afterwards, once = 0, thrice = 0] = [
      [opened, opened],
      [opened, howItWent],
      [opened, announcing],
      [opened, announcing, announcing, announcing],
    ].map(syncsOf);
    expect(afterwards).toBe(telling);
    expect(once).toBeGreaterThan(telling);
    expect(thrice).toBe(once + 2);
  },
);

test.skipIf(!canTrace)("what was not waited for is there after a kill all the same", async () => {
  syncsOf([opened, { type: "phase", phase: "verified" }]);
  const again = openSqliteState(join(directory, "state"));
  expect((await again.load("db")).seq).toBe(2);
  await again.close();
});
