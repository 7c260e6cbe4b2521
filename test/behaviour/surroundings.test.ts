import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { resultOf, type Result } from "../../packages/cli/test/support.ts";
import { entry, expectRecovered, noNobody, openScene, type Scene } from "./support.ts";

/** The command line below a shell, for what only a shell can do with its streams. */
function inShell(
  { folder, double, secrets }: Scene,
  script: string,
  env: Record<string, string> = {},
): Promise<Result> {
  const child = spawn(
    "bash",
    ["-c", `set -o pipefail; rotate() { "${process.execPath}" "${entry}" "$@"; }; ${script}`],
    {
      cwd: folder,
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: folder,
        ROTATE_STATE_DIR: join(folder, "state"),
        DATABRICKS_HOST: double.url,
        DATABRICKS_TOKEN: secrets[0] ?? "",
        ...env,
      },
    },
  );
  return resultOf(child);
}

test("a path with blanks and letters of any script is a path", async () => {
  const parent = mkdtempSync(join(tmpdir(), "rotate-behaviour-"));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  const scene = await openScene({ folder: join(parent, "größe 日本 'x'") });
  await expectRecovered(scene, ["run", "-f", scene.path("rotate.yaml")]);
  expect((await scene.rotate(["validate"])).stdout).toContain("größe 日本 'x'/rotate.yaml: valid, 1 rotation: app");
});

test("a reader that leaves, a closed and a full standard output do not stop a rotation", async () => {
  const scene = await openScene();
  expect(await inShell(scene, "rotate run --force | head -n 0")).toMatchObject({ code: 0 });
  expect(await inShell(scene, "rotate run --force >&- 2>&-")).toEqual({
    code: 0,
    signal: undefined,
    stdout: "",
    stderr: "",
  });
  const full = await inShell(scene, "rotate run --force > /dev/full");
  expect(full.code).toBe(6);
  expect(full.stderr).toMatch(/^error {2}cannot write the output \(ENOSPC\)$/m);
  expect(full.stderr).not.toMatch(/^ +at /m);
  expect(scene.double.mints).toHaveLength(3);
  expect((await scene.rotate(["status", "--check"])).code).toBe(0);
});

test("no home, and one that may not be read, are no matter when the state has a place", async () => {
  const scene = await openScene();
  const { code, stderr } = await inShell(scene, "unset HOME; rotate run");
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringMatching(/EACCES|\(node:/) });
});

test.skipIf(noNobody)(
  `without any place for the state it says how to name one${noNobody ? ` (${noNobody})` : ""}`,
  async () => {
    const scene = await openScene();
    mkdirSync(scene.path("closed"), { mode: 0o700 });
    const env = { HOME: scene.path("closed"), ROTATE_STATE_DIR: "" };
    const { code, stderr } = await inShell(
      scene,
      `chmod 755 .; chmod 644 rotate.yaml; setpriv --reuid=65534 --regid=65534 --clear-groups "${process.execPath}" "${entry}" status`,
      env,
    );
    expect(code).toBe(6);
    expect(stderr).toMatch(/^error {2}cannot make the state directory \S+ \(EACCES\)\n {2}do {3}give --state-dir/);
  },
);

const noScript = spawnSync("script", ["--version"]).status === 0 ? undefined : "script is not installed";

/** What a terminal was sent. */
async function onTerminal(scene: Scene, words: string, env: Record<string, string> = {}): Promise<string> {
  const command = `stty cols 90 rows 30; '${process.execPath}' '${entry}' ${words}`;
  const { code } = await inShell(scene, `script -qec "${command}" typescript > /dev/null < /dev/null`, {
    TERM: "xterm",
    ...env,
  });
  expect(code).toBe(0);
  const [, ...lines] = readFileSync(scene.path("typescript"), "utf8").split("\n");
  return lines.slice(0, -2).join("\n");
}

/** What stays on a screen: rows that were drawn over are gone. */
function screenOf(sent: string): readonly string[] {
  const rows: string[] = [];
  for (const row of sent.split("\r\n")) {
    const up = Number(/^\u001b\[(\d+)A/.exec(row)?.[1] ?? 0);
    if (up > 0) rows.splice(-up);
    rows.push(stripVTControlCharacters(row).replaceAll("\r", ""));
  }
  return rows.filter((row) => row !== "");
}

test.skipIf(noScript)(
  `a terminal shows what was done, and keeps no progress${noScript ? ` (${noScript})` : ""}`,
  async () => {
    const scene = await openScene();
    const sent = await onTerminal(scene, "run");
    expect(sent).toContain("minting a credential …");
    expect(screenOf(sent)).toEqual([
      expect.stringMatching(/^app {2}minted a credential \(\d+ ms\)$/),
      expect.stringMatching(/^app {2}wrote the sinks \(\S+\/\.env, \d+ ms\)$/),
      expect.stringMatching(/^[✔-] app {2}rotated in [\d.]+ m?s, 59m left, next in \d+m$/),
      expect.stringMatching(/^[✔-] 1 rotated\. The next rotation is in \d+m\.$/),
    ]);
    expect(await onTerminal(scene, "run --force", { TERM: "dumb", NO_COLOR: "1" })).not.toContain("\u001b");
    expect(await onTerminal(scene, "status", { NO_COLOR: "1" })).not.toContain("\u001b");
  },
);
