/** docs/authors/tutorial.md, command by command, in the package; a stopwatch for each. */
import { spawn } from "node:child_process";
import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { resultOf } from "../../packages/cli/test/support.ts";
import { compiled } from "../support/compiled.ts";
import { packedCommandLine } from "../support/packed.ts";
import { root } from "../support/workspace.ts";
import { has, openServices, ownPython } from "./support.ts";

const page = readFileSync(join(root, "docs/authors/tutorial.md"), "utf8");
const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");

/** A shell's functions and folder last for the whole page, so it is one script; each block says when it is over. */
function scriptOf(texts: readonly string[]): string {
  const timed = texts.map((text, at) => `${text}\necho "$(date +%s%3N) ${at}" >> "$TIMES"`);
  return ["set -euo pipefail", 'echo "$(date +%s%3N) begin" >> "$TIMES"', ...timed].join("\n");
}

test.skipIf(!has("python3"))(
  "every command of the tutorial does what the page says, in this order",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "rotate-tutorial-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const services = await openServices();
    const rotate = join(folder, "rotate");
    writeFileSync(rotate, `#!/bin/sh\nexec "${process.execPath}" "${packedCommandLine().entry}" "$@"\n`);
    chmodSync(rotate, 0o755);
    const times = join(folder, "times");
    appendFileSync(times, "");
    const env = {
      PATH: `${folder}:${ownPython}:${process.env["PATH"]}`,
      HOME: folder,
      NODE_COMPILE_CACHE: compiled,
      ROTATE_STATE_DIR: join(folder, "state"),
      TINY_URL: services.url,
      TINY_KEY: services.key,
      TIMES: times,
    };
    const child = spawn("bash", ["-c", scriptOf(blocks)], { cwd: folder, env });
    child.stdin.end();
    const { code, stdout, stderr } = await resultOf(child);
    expect({ code, stderr: stderr.replace(/^.*(info|warn).*\n/gm, "") }).toMatchObject({ code: 0 });
    expect(stdout).toMatch(/BROKEN {2}revokes from the handle alone[\s\S]*a promise is broken/);
    const made = join(folder, "rotate-plugin-tiny");
    expect(readFileSync(join(made, ".env"), "utf8")).toMatch(/^TINY_TOKEN=.{16,}$/m);
    expect(readFileSync(join(made, "rotate.lock"), "utf8")).toContain("a token of Tiny");
    const marks = readFileSync(times, "utf8")
      .trim()
      .split("\n")
      .map((line) => Number(line.split(" ")[0]));
    const spent = marks.slice(1).map((at, index) => (at - (marks[index] ?? at)) / 1000);
    const lines = spent.map((seconds, at) => `  ${seconds.toFixed(1).padStart(5)} s  ${blocks[at]?.split("\n")[0]}`);
    process.stdout.write(`the tutorial, by the stopwatch\n${lines.join("\n")}\n`);
  },
  300_000,
);
