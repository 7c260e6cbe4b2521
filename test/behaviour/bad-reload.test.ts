import { execFileSync, type ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { resultOf, said } from "../../packages/cli/test/support.ts";
import { expectRecovered, expectRefused, openScene, specWith, type Scene } from "./support.ts";

function reloading(script: string, more = ""): string {
  return specWith(`    reload: [{ type: exec, command: [sh, -c, ${JSON.stringify(script)}], cwd: .${more} }]\n`);
}

/** True while the process runs; one that has ended and waits for its parent does not. */
function runs(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  return existsSync(stat) && !/\) Z /.test(readFileSync(stat, "utf8"));
}

/** Beyond the backoff of an owed reload, milliseconds. */
const later = 31_000;

/** A reload that says when it begins, and ends when it is told to. */
const waiting = "echo $$ > pid; echo begun > begun; read word < go";

interface Reloading {
  readonly scene: Scene;
  readonly child: ChildProcess;
  readonly result: ReturnType<typeof resultOf>;
  readonly pid: number;
  readonly letGo: () => Promise<void>;
}

/** Starts a run and comes back in the middle of its reload. */
async function inReload(): Promise<Reloading> {
  // A reload that was cut off is not tried again while the test looks at it.
  const scene = await openScene({ spec: reloading(waiting).replace("max: 100ms", "max: 10m") });
  execFileSync("mkfifo", [scene.path("begun"), scene.path("go")]);
  const begun = open(scene.path("begun"), "r");
  const child = scene.start(["run"]);
  const result = resultOf(child);
  const file = await begun; // opens when the reload opens its side
  await file.readFile();
  await file.close();
  const pid = Number(readFileSync(scene.path("pid"), "utf8"));
  return { scene, child, result, pid, letGo: () => tell(scene.path("go")) };
}

async function tell(fifo: string): Promise<void> {
  const file = await open(fifo, "w");
  await file.writeFile("on\n");
  await file.close();
}

test("a reload whose command does not exist is found before anything is minted", async () => {
  const scene = await openScene({ spec: specWith("    reload: [{ type: exec, command: [no-such-command] }]\n") });
  const refusal = { what: /the command no-such-command does not exist/, todo: /install it/, see: "not_found" };
  await expectRefused(scene, ["run", "--force"], { exit: 1, ...refusal });
  expect(scene.double.mints).toEqual([]);
  scene.write("rotate.yaml", specWith());
  await expectRecovered(scene);
});

describe("a reload that is owed is finished by the next run, without another mint", () => {
  test("after it failed: exit 4, until its time has come again", async () => {
    // The second run is there before its time, however long it takes to start.
    const spec = reloading("test -e up || { echo boom >&2; exit 1; }").replace("max: 100ms", "max: 10m");
    const scene = await openScene({ spec });
    const first = await scene.rotate(["run"]);
    expect(first.code).toBe(4);
    expect(first.stdout).toMatch(/reload exec: sh failed \(exit 1\): boom\n[^]* do {2}run the command by hand/);
    const owed = await scene.rotate(["run", "--timeout", "0s", "--json"]);
    expect(owed.code).toBe(4);
    expect(JSON.parse(owed.stdout)).toMatchObject({
      rotations: [{ outcome: "reload-owed", lastError: { retryable: false } }],
    });
    scene.write("up", "");
    const inTime = 600_000;
    expect((await scene.rotate(["run"], { later: inTime })).code).toBe(0);
    expect(scene.double.mints).toHaveLength(1);
    expect((await scene.rotate(["status", "--check"], { later: inTime })).code).toBe(0);
  });

  test("after it hung: it is ended at its time limit, with all that it started", async () => {
    const script = "test -e up && exit; sleep 600 & echo $! > pid; wait";
    const scene = await openScene({ spec: reloading(script, ", timeout: 1s") });
    const { code, stdout } = await scene.rotate(["run", "--timeout", "0s"]);
    expect(code).toBe(4);
    expect(stdout).toMatch(/sh did not end: not finished within 1s\n[^]* do {2}see what it waits for/);
    expect(runs(Number(readFileSync(scene.path("pid"), "utf8")))).toBe(false);
    scene.write("up", "");
    expect((await scene.rotate(["run"], { later })).code).toBe(0);
    expect(scene.double.mints).toHaveLength(1);
  });
});

describe("in the middle of a reload", () => {
  test("a second run gives up with exit 5 when it may not wait, and status says rotating", async () => {
    const { scene, result, letGo } = await inReload();
    expect((await scene.rotate(["run", "--lock-timeout", "0s"])).code).toBe(5);
    const { code, stdout } = await scene.rotate(["run", "--lock-timeout", "0s", "--json"]);
    expect(code).toBe(5);
    expect(JSON.parse(stdout)).toMatchObject({ rotations: [{ outcome: "locked" }] });
    expect((await scene.rotate(["status"])).stdout).toMatch(/^app +db +[a-z-]+, rotating/m);
    await letGo();
    expect((await result).code).toBe(0);
    expect(scene.double.mints).toHaveLength(1);
  });

  test("Ctrl-C lets it finish: exit 130, nothing is owed, and the next run has nothing to do", async () => {
    const { scene, child, result, letGo } = await inReload();
    const heard = said(child, "stopping where it is safe; once more stops at once");
    child.kill("SIGINT");
    await heard;
    await letGo();
    expect((await result).code).toBe(130);
    expect((await scene.rotate(["run"])).stdout).toMatch(/^app is fresh/);
    expect(scene.double.mints).toHaveLength(1);
  });

  test("Ctrl-C twice ends it and its command at once; what is owed is known", async () => {
    const { scene, child, result, pid } = await inReload();
    const heard = said(child, "once more stops at once");
    child.kill("SIGINT");
    await heard;
    child.kill("SIGINT");
    expect((await result).code).toBe(130);
    await expect.poll(() => runs(pid)).toBe(false);
    expect((await scene.rotate(["status", "--check"])).code).toBe(4);
    expect((await scene.rotate(["run", "--lock-timeout", "0s", "--timeout", "0s"])).code).toBe(4);
    expect(scene.double.mints).toHaveLength(1);
  });
});
