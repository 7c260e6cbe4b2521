import { spawnSync } from "node:child_process";
import { appendFileSync, chmodSync, existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { builtins } from "@rotate/builtins";
import {
  createCatalog,
  createRuntime,
  diagnose,
  type DiagnoseOptions,
  type DoctorReport,
  type Finding,
  loadProgram,
  loadSpec,
} from "@rotate/core";
import { expect, test } from "vitest";
import { openScene, type Scene, specWith } from "./support.ts";

/** By hand, since no command does it: a Node for each version is not at hand. */
const node = "26.12.1";

interface Patient extends Partial<Omit<DiagnoseOptions, "loaded" | "runtime">> {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds that this machine's clock is ahead. */
  readonly ahead?: number;
}

/** What doctor finds, asked in this process. */
async function examine(scene: Scene, { env, ahead = 0, ...more }: Patient = {}): Promise<DoctorReport> {
  const skews = new Map<string, number>();
  const system = createRuntime({
    env: {
      PATH: process.env["PATH"],
      HOME: scene.folder,
      ROTATE_STATE_DIR: scene.path("state"),
      DATABRICKS_HOST: scene.double.url,
      DATABRICKS_TOKEN: scene.secrets[0],
      ...env,
    },
    onSkew: (milliseconds, host) => void skews.set(host, milliseconds + ahead),
  });
  const runtime = { ...system, now: () => system.now() + ahead };
  const file = scene.path("rotate.yaml");
  const loaded = await loadSpec({ file, catalog: createCatalog(builtins), loadPlugin: loadProgram, env: runtime.env });
  return diagnose({ loaded, file, plugins: [], runtime, skews, node, ...more });
}

function codes(report: DoctorReport): readonly string[] {
  return [...new Set(report.findings.map(({ code }) => code))].toSorted();
}

/** In a remedy, what has a blank between its backticks is a command. */
function commandsOf(findings: readonly Finding[]): readonly string[] {
  return findings.flatMap(({ remedy }) => [...remedy.matchAll(/`([^`]+ [^`]+)`/g)].map(([, command = ""]) => command));
}

/** The environment after these commands of a shell. */
function environmentAfter(commands: readonly string[]): Readonly<Record<string, string>> {
  const { stdout } = spawnSync("sh", ["-c", [...commands, "env -0"].join("; ")], { encoding: "utf8", env: {} });
  const pairs = stdout.split("\0").filter((pair) => pair.includes("="));
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
}

test("what is wrong with a host is found, and cured by the commands that each finding names", async () => {
  const scene = await openScene({ spec: `name: app\n${specWith("", "path: app/.env")}` });
  mkdirSync(scene.path("app"));
  scene.write("app/.env", "PORT=8080\n");
  expect((await scene.rotate(["run"])).code).toBe(0);
  const git = (...words: readonly string[]): unknown => spawnSync("git", ["-C", scene.path("app"), ...words]);
  git("init", "-q");
  git("add", "-f", ".env");
  chmodSync(scene.path("app/.env"), 0o644);
  const left = scene.path(`app/.rotate-tmp-${"a".repeat(24)}`);
  writeFileSync(left, "");
  utimesSync(left, 1, 1);
  for (const [path, mode] of [
    ["app", 0o777],
    ["state/app", 0o755],
    [".", 0o777],
  ] as const)
    chmodSync(scene.path(path), mode);

  const shell = ["export PATH=/usr/bin:/bin TOKEN=stale HTTP_PROXY=http://127.0.0.1:9"];
  const found = new Set<string>();
  for (let round = 1; round <= 3; round++) {
    const { findings } = await examine(scene, { env: environmentAfter(shell) });
    for (const { code } of findings) found.add(code);
    const [ofShell = [], others = []] = [true, false].map((wanted) =>
      commandsOf(findings).filter((command) => /^(export|unset) /.test(command) === wanted),
    );
    shell.push(...ofShell);
    const failed = others.filter((command) => spawnSync("sh", ["-c", command]).status !== 0);
    expect(failed).toEqual([]);
  }
  expect([...found].toSorted()).toEqual([
    "ROTATE_RISK_DIRECTORY_OPEN",
    "ROTATE_RISK_LEFT_OVER",
    "ROTATE_RISK_PROXY",
    "ROTATE_RISK_READABLE",
    "ROTATE_RISK_SHADOWED",
    "ROTATE_RISK_TRACKED",
    "ROTATE_RISK_WARNED",
    "ROTATE_RISK_WRITABLE",
    "ROTATE_STATE_UNUSABLE",
  ]);
  expect(await examine(scene, { env: environmentAfter(shell) })).toMatchObject({ healthy: true, findings: [] });
  expect(existsSync(left)).toBe(false);
  expect((await scene.rotate(["run", "--force"])).code).toBe(0);
});

test("a clock that is wrong is told by what the issuer says of the time", async () => {
  const scene = await openScene();
  const report = await examine(scene, { ahead: 120_000 });
  expect(codes(report)).toEqual(["ROTATE_RISK_CLOCK"]);
  expect(report.findings[0]?.message).toMatch(/clock is (2m|1m59s|2m1s) ahead of that of 127\.0\.0\.1:\d+/);
  expect(codes(await examine(scene))).toEqual([]);
});

test("a Node with published weaknesses is a finding that can be accepted, and one of a dead line has none that helps", async () => {
  const scene = await openScene();
  for (const weak of ["26.12.0", "22.23.3", "23.11.0"])
    expect([weak, codes(await examine(scene, { node: weak }))]).toEqual([weak, ["ROTATE_RISK_NODE"]]);
  for (const strong of ["26.13.0", "24.22.1", "28.0.0"])
    expect([strong, codes(await examine(scene, { node: strong }))]).toEqual([strong, []]);
  const accepted = await examine(scene, { node: "26.12.0", ignore: ["ROTATE_RISK_NODE"] });
  expect(accepted).toMatchObject({ healthy: true, findings: [], ignored: ["ROTATE_RISK_NODE"] });
});

test("a second state of the spec is found, and no first one is made by looking", async () => {
  const scene = await openScene({ spec: `name: app\n${specWith()}` });
  const env = { ROTATE_STATE_DIR: undefined, XDG_STATE_HOME: scene.path("other") };
  const none = await examine(scene, { env });
  expect([codes(none), existsSync(scene.path("other")), existsSync(scene.path(".local"))]).toEqual([[], false, false]);
  await scene.rotate(["run", "--state-dir", scene.path(".local/state/rotate")]);
  const report = await examine(scene, { env });
  expect(codes(report)).toEqual(["ROTATE_STATE_ELSEWHERE"]);
  expect(report.findings[0]?.remedy).toContain(`--state-dir ${scene.path(".local/state/rotate")}`);
  rmSync(scene.path(".local"), { recursive: true });
  expect(codes(await examine(scene, { env }))).toEqual([]);
});

test("a plugin that changed after its approval is found, and approving it again cures that", async () => {
  const program = `#!/bin/sh
read -r _
echo '{"id":1,"ok":{"protocol":1,"probes":[{"type":"acme","options":{"type":"object","properties":{}},"verbs":["probe"]}]}}'
`;
  const scene = await openScene({ spec: `plugins: [./acme]\n${specWith()}` });
  scene.write("acme", program);
  chmodSync(scene.path("acme"), 0o755);
  const plugins = ["./acme"];
  const approve = async (): Promise<void> => {
    const { code, stderr } = await scene.rotate(["plugin", "approve", "--yes"]);
    expect([code, stderr]).toEqual([0, expect.any(String)]);
  };
  await approve();
  expect(codes(await examine(scene, { plugins }))).toEqual([]);
  appendFileSync(scene.path("acme"), "# changed\n");
  const report = await examine(scene, { plugins });
  expect(codes(report)).toEqual(["ROTATE_RISK_PLUGIN"]);
  expect(report.findings[0]?.remedy).toContain("rotate plugin approve ./acme");
  await approve();
  expect(codes(await examine(scene, { plugins }))).toEqual([]);
});

test("what a check refuses is told once for all rotations, with the code and the remedy of its error", async () => {
  const second = specWith().split("rotations:\n")[1]?.replace("  app:", "  other:").replace("TOKEN:", "OTHER:") ?? "";
  const scene = await openScene({ spec: `${specWith()}${second}` });
  const report = await examine(scene, { env: { DATABRICKS_TOKEN: undefined } });
  expect(report.findings).toMatchObject([
    { severity: "error", code: expect.stringMatching(/^ROTATE_PREFLIGHT_/), rotations: ["app", "other"] },
  ]);
  expect(codes(await examine(scene))).toEqual([]);
});

test("without a spec, and with one that is wrong, it says what can be said, ends with 1 and shows no secret", async () => {
  const scene = await openScene({ spec: specWith("    relaod: [app]\n") });
  const wrong = await scene.rotate(["doctor", "--json", "--ignore", "rotate_risk_node"]);
  expect(wrong.code).toBe(1);
  const { findings } = JSON.parse(wrong.stdout) as DoctorReport;
  expect(findings).toMatchObject([{ code: "ROTATE_SPEC_INVALID", remedy: expect.stringContaining("reload") }]);
  rmSync(scene.path("rotate.yaml"));
  const none = await scene.rotate(["doctor"]);
  expect([none.code, none.stdout]).toEqual([1, expect.stringContaining("no such file")]);
  scene.write("rotate.yaml", specWith());
  expect((await scene.rotate(["doctor", "--ignore", "ROTATE_RISK_NODE"])).code).toBe(0);
  expect(existsSync(scene.path("state"))).toBe(false);
});
