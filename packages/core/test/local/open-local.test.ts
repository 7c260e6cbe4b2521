/** States on disks that are full, read-only or damaged, of other users, and in other places. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRuntime } from "@rotate/runtime";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { withClaim } from "../../src/backend/claim.ts";
import { openLocalBackend, type LocalOptions } from "../../src/local/open-local.ts";
import { otherStates } from "../../src/local/other-states.ts";
import { openStateDir } from "../../src/local/state-dir.ts";
import { intentOf } from "../backend/contract.ts";

const isRoot = process.getuid?.() === 0 && process.platform === "linux";
const noMounts = isRoot ? "" : " (mounting needs root on Linux)";
const named = { name: "test", file: "/etc/rotate.yaml", stateDir: undefined };

let directory: string;
let logs: string[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rotate-local-"));
  logs = [];
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
});

function runtimeWith(env: Readonly<Record<string, string>> = {}) {
  return createRuntime({ env, log: { write: (line) => void logs.push(line) } });
}

function open(options: Partial<LocalOptions> = {}): Promise<Backend> {
  return openLocalBackend({ spec: named, runtime: runtimeWith(), stateDir: directory, ...options });
}

/** A state with one rotation; `crashed` leaves its log behind, as a process that was killed does. */
async function withState(options: Partial<LocalOptions> = {}): Promise<void> {
  const backend = await open(options);
  await withClaim(backend.claims, "db", ({ append }) => append([intentOf("l1")]));
  await backend.close();
}

function mountSmall(): void {
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", directory]);
  onTestFinished(() => void execFileSync("umount", ["-l", directory]));
}

function fill(): void {
  expect(() => writeFileSync(join(directory, "filler"), Buffer.alloc(2 ** 21))).toThrow(/ENOSPC/);
}

async function read(): Promise<readonly string[]> {
  const backend = await open({ reading: true });
  try {
    await backend.publish({ rotations: [] });
    await backend.host.noteClock?.(backend.clock.note());
    expect(await backend.claims.busy(["db"])).toEqual(new Set());
    expect(await backend.store.attempts({ limit: 5 })).toEqual([]);
    return Object.keys((await backend.store.load("db")).leases);
  } finally {
    await backend.close();
  }
}

test.skipIf(!existsSync("/proc/self"))("a place where nothing can be made is refused at once", async () => {
  await expect(open({ stateDir: "/proc/x" })).rejects.toMatchObject({
    code: "ROTATE_STATE_UNUSABLE",
    message: "cannot make the state directory /proc/x/test (ENOENT)",
  });
});

test("parents that are absent are made, closed to others", async () => {
  const backend = await open({ stateDir: join(directory, "deep", "down") });
  await backend.close();
  expect(readdirSync(join(directory, "deep", "down"))).toEqual(["test"]);
});

describe.skipIf(!isRoot)(`on a disk that cannot be written${noMounts}`, () => {
  test("a full one: what is there can be read, and to write is refused with path and remedy", async () => {
    mountSmall();
    await withState();
    fill();
    expect(await read()).toEqual(["l1"]);
    expect(logs.join("")).toMatch(/only looking: cannot use the state \S+\/test\/state\.db: the disk is full/);
    await expect(withState()).rejects.toMatchObject({
      code: "ROTATE_STATE_UNUSABLE",
      message: expect.stringMatching(/\/test\/\S+: the disk is full$/),
      hint: expect.stringContaining("make room on the disk"),
    });
  });

  test("a full one with the log of a process that was killed: nothing of it is overlooked", async () => {
    mountSmall();
    const module = new URL("../../src/local/sqlite.ts", import.meta.url).href;
    const code = `const { openSqliteState } = await import(${JSON.stringify(module)}); const state = openSqliteState(process.argv[1]);
const stamp = { time: 1, wall: 1, told: 1, uptime: 1, bootId: "b" };
await state.append("db", { state: await state.load("db"), entries: [{ record: ${JSON.stringify(intentOf("l1"))}, stamp }] }); process.kill(process.pid, "SIGKILL");`;
    mkdirSync(join(directory, "test"), { mode: 0o700 });
    const argv = ["--conditions=rotate:src", "--input-type=module", "-e", code, join(directory, "test")];
    expect(() => execFileSync(process.execPath, argv)).toThrow(/SIGKILL/);
    rmSync(join(directory, "test", "state.db-shm"));
    fill();
    expect(await read()).toEqual(["l1"]);
  });

  test("a read-only one", async () => {
    mountSmall();
    await withState();
    execFileSync("mount", ["-o", "remount,ro", directory]);
    expect(await read()).toEqual(["l1"]);
    await expect(withState()).rejects.toMatchObject({
      message: expect.stringMatching(/state\.db: it may not be written$/),
    });
  });
});

test("a damaged state is refused with path and remedy, for looking too", async () => {
  await withState();
  const path = join(directory, "test", "state.db");
  writeFileSync(path, "no database ".repeat(500));
  for (const reading of [true, false])
    await expect(open({ reading })).rejects.toMatchObject({
      message: `cannot use the state ${path}: it is damaged`,
      hint: expect.stringContaining("from a backup"),
    });
});

test("the pace of runs that cannot be noted stops nobody, and is said once", async () => {
  mkdirSync(join(directory, "test", "runs.json"), { recursive: true, mode: 0o700 });
  const backend = await open();
  for (let times = 0; times < 2; times++) await backend.host.noteRuns?.({ at: [1] });
  expect(await backend.host.runNotes?.()).toEqual({ at: [] });
  await backend.close();
  expect(logs.filter((line) => line.includes("could not be noted"))).toHaveLength(1);
});

function hintFor(uid: number): string {
  try {
    openStateDir(directory, { name: "test", uid });
    return "it was taken";
  } catch (error) {
    return (error as { hint?: string }).hint ?? "";
  }
}

test("another user's state is not to be given away: rotate is to be run as that user, or told of another place", () => {
  mkdirSync(join(directory, "test"), { mode: 0o700 });
  expect(hintFor(12_345)).toBe("run rotate as that user, or give it a directory of its own with --state-dir");
});

test.skipIf(!isRoot)(`and root is told how to do so${isRoot ? "" : " (needs root)"}`, () => {
  mkdirSync(join(directory, "test"), { mode: 0o700 });
  execFileSync("chown", ["12345", join(directory, "test")]);
  expect(hintFor(0)).toContain("run rotate as that user (sudo -u '#12345' rotate …)");
});

function shell() {
  return { HOME: directory, XDG_STATE_HOME: join(directory, "xdg") };
}
function inHome(): string {
  return join(directory, ".local", "state", "rotate");
}

describe("a state of the same spec elsewhere", () => {
  test("stops whoever would begin a second one without being told to", async () => {
    await withState({ stateDir: inHome() });
    const opening = openLocalBackend({ spec: named, runtime: runtimeWith(shell()) });
    await expect(opening).rejects.toMatchObject({
      code: "ROTATE_STATE_ELSEWHERE",
      message: expect.stringContaining(join(inHome(), "test")),
      hint: expect.stringContaining(`--state-dir ${inHome()}`),
    });
    await expect(openLocalBackend({ spec: named, runtime: runtimeWith(shell()), reading: true })).rejects.toThrow(
      "another state of this spec",
    );
    expect(existsSync(join(directory, "xdg"))).toBe(false);
  });

  test("is found of whoever called sudo", async () => {
    await withState({ stateDir: inHome() });
    const about = { spec: named, directory: "/var/lib/rotate/test", uid: 0 };
    expect(otherStates({ ...about, env: { HOME: "/root", SUDO_HOME: directory } })).toEqual([join(inHome(), "test")]);
  });

  test("does not matter to whoever was told which, nor when it is another spec's of that name", async () => {
    await withState({ stateDir: inHome() });
    const told = await openLocalBackend({ spec: named, runtime: runtimeWith(shell()), stateDir: join(directory, "b") });
    await told.close();
    const other = { ...named, file: "/srv/other.yaml" };
    const about = { directory: join(directory, "xdg", "rotate", "test"), env: shell(), uid: 1 };
    expect(otherStates({ ...about, spec: other })).toEqual([]);
    expect(otherStates({ ...about, spec: named })).toHaveLength(1);
    expect(otherStates({ ...about, directory: join(inHome(), "test"), spec: named })).toEqual([]);
  });
});
