import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { openFingerprint } from "../../src/local/fingerprint-key.ts";
import { createLocks } from "../../src/local/lock.ts";
import { chooseStateDir, openStateDir } from "../../src/local/state-dir.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rotate-store-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Another process, with a lock of its own; what it said first. */
async function otherProcess(): Promise<{ readonly child: ChildProcess; readonly owner: string }> {
  const module = new URL("../../src/local/lock.ts", import.meta.url).href;
  const code = `const { createLocks } = await import(${JSON.stringify(module)}); const lock = createLocks(process.argv[1]).own(); console.log(lock.owner); setInterval(() => lock.valid(), 1e6);`;
  const child = spawn(process.execPath, ["--conditions=rotate:src", "--input-type=module", "-e", code, directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [said] = await once(child.stdout, "data");
  return { child, owner: String(said).trim() };
}

describe("the lock of a process", () => {
  test("is seen while the process lives, even stopped, and free the instant that it is killed", async () => {
    const { child, owner } = await otherProcess();
    const locks = createLocks(directory);
    expect(locks.isAlive(owner)).toBe(true);
    child.kill("SIGSTOP");
    expect(locks.isAlive(owner)).toBe(true);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(locks.isAlive(owner)).toBe(false);
  });

  test("is another for each process, and leaves nothing when it ends well; what the killed left is tidied up, not what the living have", async () => {
    const [killed, living] = [await otherProcess(), await otherProcess()];
    killed.child.kill("SIGKILL");
    await once(killed.child, "exit");
    const locks = createLocks(directory);
    const { owner } = locks.own();
    expect(readdirSync(directory).toSorted()).toEqual([`${living.owner}.lock`, `${owner}.lock`].toSorted());
    expect(locks.isAlive(living.owner)).toBe(true);
    locks.release();
    expect(readdirSync(directory)).toEqual([`${living.owner}.lock`]);
  });

  test("is not ours any more when somebody removed its file, and is taken anew under another name", () => {
    const locks = createLocks(`${directory}/locks`);
    const lock = locks.own();
    expect(locks.own()).toBe(lock);
    expect(lock.valid()).toBe(true);
    rmSync(`${directory}/locks`, { recursive: true });
    expect([lock.valid(), locks.isAlive(lock.owner)]).toEqual([false, false]);
    const next = locks.own();
    expect([next.valid(), next.owner === lock.owner]).toEqual([true, false]);
    locks.release();
    expect(next.valid()).toBe(false);
  });

  test("is not held by a copy of its file", () => {
    const locks = createLocks(directory);
    const lock = locks.own();
    execFileSync("cp", ["-r", directory, `${directory}-copy`]); // this process may not open it
    onTestFinished(() => rmSync(`${directory}-copy`, { recursive: true }));
    expect([locks.isAlive(lock.owner), createLocks(`${directory}-copy`).isAlive(lock.owner)]).toEqual([true, false]);
    locks.release();
  });
});

describe("the state directory", () => {
  const uid = process.getuid?.();

  test("is made 0700 below the base", () => {
    const made = openStateDir(directory, { name: "app", uid });
    expect(made).toBe(join(directory, "app"));
  });

  test.each([
    [
      "open to others",
      (path: string) => {
        mkdirSync(path);
        chmodSync(path, 0o755);
      },
      /open to others \(mode 0755\)/,
    ],
    ["a file", (path: string) => writeFileSync(path, ""), /cannot make the state directory|not a directory/],
    [
      "a link",
      (path: string) => {
        mkdirSync(`${path}-real`, { mode: 0o700 });
        symlinkSync(`${path}-real`, path);
      },
      /not a directory/,
    ],
  ])("is refused when it is %s", (_, make, message) => {
    make(join(directory, "app"));
    expect(() => openStateDir(directory, { name: "app", uid })).toThrow(message);
  });

  test("is refused when it belongs to somebody else", () => {
    mkdirSync(join(directory, "app"), { mode: 0o700 });
    expect(() => openStateDir(directory, { name: "app", uid: 12_345 })).toThrow(/belongs to uid/);
  });

  test("is the first that is named: flag, environment, spec, systemd, then the user's own", () => {
    const env = { ROTATE_STATE_DIR: "/env", STATE_DIRECTORY: "/systemd:/other", HOME: "/home/u" };
    expect(chooseStateDir({ flag: "/flag", spec: "/spec", env, uid: 1 })).toBe("/flag");
    expect(chooseStateDir({ flag: undefined, spec: "/spec", env, uid: 1 })).toBe("/env");
    expect(
      chooseStateDir({ flag: undefined, spec: undefined, env: { STATE_DIRECTORY: "/systemd:/other" }, uid: 1 }),
    ).toBe("/systemd");
    expect(chooseStateDir({ flag: undefined, spec: undefined, env: { HOME: "/home/u" }, uid: 1 })).toBe(
      "/home/u/.local/state/rotate",
    );
    expect(chooseStateDir({ flag: undefined, spec: undefined, env: {}, uid: 0 })).toBe("/var/lib/rotate");
    const relative = { XDG_STATE_HOME: "here", HOME: "/home/u" };
    expect(chooseStateDir({ flag: undefined, spec: undefined, env: relative, uid: 1 })).toBe(
      "/home/u/.local/state/rotate",
    );
  });
});

describe("fingerprints", () => {
  test("are the same for the same value under one state, and say nothing under another", () => {
    const other = mkdtempSync(join(tmpdir(), "rotate-store-"));
    const fingerprint = openFingerprint(directory);
    expect(openFingerprint(directory)("value")).toBe(fingerprint("value"));
    expect(openFingerprint(other)("value")).not.toBe(fingerprint("value"));
    expect(fingerprint("value")).toMatch(/^[0-9a-f]{32}$/);
    rmSync(other, { recursive: true });
  });
});
