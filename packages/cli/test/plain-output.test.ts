import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { folderWith } from "./support.ts";

const output = fileURLToPath(new URL("../src/output/plain-output.ts", import.meta.url));
const large = 3_000_000;

/** A program that writes three million letters and then a word. @param stdio where its standard output goes */
function write(stdio: "pipe" | number, then = "") {
  const folder = folderWith({
    "write.mjs": `import { outputOf } from ${JSON.stringify(output)};
const out = outputOf("stdout");
out.write("x".repeat(${large}));
out.write("end");
${then}\n`,
  });
  return spawnSync(process.execPath, [join(folder, "write.mjs")], {
    stdio: ["ignore", stdio, "pipe"],
    maxBuffer: 2 * large,
    encoding: "utf8",
  });
}

test("a pipe gets all of it, in order, however slowly it is read", () => {
  const { stdout, status } = write("pipe");
  expect([status, stdout.length, stdout.slice(-4)]).toEqual([0, large + 3, "xend"]);
});

test("a file gets all of it", () => {
  const path = join(folderWith(), "out");
  const descriptor = openSync(path, "w");
  expect(write(descriptor).status).toBe(0);
  closeSync(descriptor);
  expect(readFileSync(path, "utf8").length).toBe(large + 3);
});

test("for a file no stream is made", () => {
  const path = join(folderWith(), "out");
  const descriptor = openSync(path, "w");
  const { stderr } = write(
    descriptor,
    `console.error(process.moduleLoadList.includes("NativeModule internal/fs/sync_write_stream"));`,
  );
  closeSync(descriptor);
  expect(stderr).toBe("false\n");
});

test.skipIf(!existsSync("/dev/full"))("a full disk is told as ever: the stream says it", () => {
  const descriptor = openSync("/dev/full", "w");
  const { stderr } = write(descriptor, `process.stdout.on("error", ({ code }) => console.error(code));`);
  closeSync(descriptor);
  expect(stderr).toContain("ENOSPC");
});
