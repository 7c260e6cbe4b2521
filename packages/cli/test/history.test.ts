import { execFileSync, spawn } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { entry, folderWith, resultOf, rotate, start } from "./support.ts";

const spec = `version: 1
name: past
providers:
  local: { type: jwt, issuer: me, key: { path: key.pem } }
  sealed: { type: exec, command: [./mint] }
rotations:
  good: { provider: local, sinks: [{ type: file, path: good, values: { content: "{{ token }}" } }] }
  bad: { provider: sealed, request: { format: token }, sinks: [{ type: file, path: bad, values: { content: "{{ token }}" } }] }
`;

async function ran(): Promise<string> {
  const cwd = folderWith({ "rotate.yaml": spec, mint: "#!/bin/sh\necho the vault is sealed >&2\nexit 1\n" });
  chmodSync(join(cwd, "mint"), 0o755);
  for (const _ of [1, 2, 3]) expect((await rotate(["run", "--timeout", "0", "--force"], { cwd })).code).toBe(1);
  return cwd;
}

test("history answers why one was not rotated: what failed, how often, and how it stands now", async () => {
  const cwd = await ran();
  const { stdout } = await rotate(["history", "bad"], { cwd });
  expect(stdout).toMatch(/bad +mint failed +\S+ m?s +2 times since \S+: .*the vault is sealed/);
  expect(stdout).toMatch(/\n\nbad is failing\.\n/);
  expect(stdout).not.toContain("good");
});

test("history is narrowed by outcome and time, and takes globs", async () => {
  const cwd = await ran();
  const names = async (...flags: readonly string[]): Promise<readonly string[]> => {
    const { stdout } = await rotate(["history", "--json", ...flags], { cwd });
    const { attempts } = JSON.parse(stdout) as { readonly attempts: readonly { readonly rotation: string }[] };
    return [...new Set(attempts.map(({ rotation }) => rotation))].toSorted();
  };
  expect(await names("--outcome", "rotated")).toEqual(["good"]);
  expect(await names("--outcome", "failed", "--outcome", "rotated")).toEqual(["bad", "good"]);
  expect(await names("--since", "1h")).toEqual(["bad", "good"]);
  expect(await names("--until", "1h")).toEqual([]);
  expect(await names("--since", "2999-01-01T00:00:00Z")).toEqual([]);
  expect(await names("g*")).toEqual(["good"]);
  const unknown = await rotate(["history", "gode"], { cwd });
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("the spec has bad, good")]);
});

test("history --jsonl gives every line that is kept, the oldest first", async () => {
  const cwd = await ran();
  const { stdout } = await rotate(["history", "--jsonl"], { cwd });
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly at: string; readonly type: string; readonly rotation: string });
  const of = (name: string): readonly string[] => lines.filter(({ rotation }) => rotation === name).map(({ at }) => at);
  expect(lines.filter(({ type }) => type === "attempt")).toHaveLength(6);
  expect(of("bad")).toEqual(of("bad").toSorted());
});

test("status --watch needs a terminal, or tells each change as an object", async () => {
  const cwd = await ran();
  const refused = await rotate(["status", "--watch"], { cwd });
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("--watch draws on a terminal")]);
  const child = start(["status", "--watch", "--json"], { cwd });
  const over = resultOf(child);
  const said = new Promise<string>((resolve) =>
    child.stdout?.once("data", (chunk: Buffer) => resolve(chunk.toString())),
  );
  expect(JSON.parse(await said)).toMatchObject({ summary: { total: 2 } });
  child.kill("SIGTERM");
  expect((await over).stdout.trim().split("\n")).toHaveLength(1);
});

const noScript = hasScript() ? "" : ": no script(1)";

test.skipIf(noScript)(`status --watch has a screen of its own, and gives it back at q${noScript}`, async () => {
  const cwd = await ran();
  writeFileSync(
    join(cwd, "look"),
    `#!/bin/sh\nstty cols 80 rows 12\nexec ${process.execPath} ${entry} status --watch\n`,
  );
  chmodSync(join(cwd, "look"), 0o755);
  const env = { ...process.env, ROTATE_STATE_DIR: join(cwd, "state"), LC_ALL: "C.UTF-8", TERM: "xterm" };
  const child = spawn("script", ["-qec", "./look", "/dev/null"], { cwd, env, stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let shown = "";
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  child.stdout.on("data", (chunk: Buffer) => {
    shown += chunk.toString();
    if (shown.includes("q quit") && child.stdin.writable) child.stdin.end("q");
  });
  expect(await ended).toBe(0);
  expect(shown).toContain("\u001b[?1049h");
  expect(shown).toContain("bad is failing.");
  expect(shown.trimEnd().endsWith("\u001b[?1049l")).toBe(true);
});

function hasScript(): boolean {
  try {
    execFileSync("script", ["--version"]);
    return true;
  } catch {
    return false;
  }
}
