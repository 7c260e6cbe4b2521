import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createMemoryStore } from "../../src/store/memory-store.ts";
import type { JournalRecord } from "../../src/store/records.ts";
import { openFingerprint } from "../../src/store/fingerprint.ts";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { chooseStateDir, openStateDir } from "../../src/store/state-dir.ts";
import type { LeaseState } from "../../src/store/state.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rotate-store-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const stamp = (time: number) => ({ time, wall: time, told: time, uptime: time, bootId: "boot" });

function lease(id: string): LeaseState {
  return {
    id,
    phase: "ghost",
    exposed: false,
    dropped: false,
    lastDoubtAt: 0,
    issuedAt: 1,
    asOf: 1,
    expiresAt: 100,
    given: 99,
    span: 99,
    renewable: false,
    fingerprint: "",
    sinkFingerprints: {},
    jitter: 0.5,
    provider: "p",
  };
}

describe("the state", () => {
  test("is there again after the process that wrote it has gone", async () => {
    const first = await openSqliteStore(directory);
    await first.append("db", { record: { type: "opened" }, epoch: 0, stamp: stamp(1) });
    await first.append("db", {
      record: { type: "intent", lease: lease("l1"), why: "test" },
      epoch: 1,
      stamp: stamp(2),
    });
    await first.close();
    const second = await openSqliteStore(directory);
    const state = await second.load("db");
    expect(state.attempt).toMatchObject({ lease: "l1", phase: "intent", why: "test" });
    expect(await second.names()).toEqual(["db"]);
    await second.close();
  });

  test("refuses a record of a process that was overtaken", async () => {
    const store = await openSqliteStore(directory);
    await store.append("db", { record: { type: "opened" }, epoch: 0, stamp: stamp(1) });
    await store.append("db", { record: { type: "opened" }, epoch: 1, stamp: stamp(2) });
    await expect(store.append("db", { record: { type: "closed" }, epoch: 1, stamp: stamp(3) })).rejects.toMatchObject({
      code: "ROTATE_STATE_FENCED",
    });
    expect((await store.load("db")).epoch).toBe(2);
    await store.close();
  });

  test("goes on under a new name with its leases", async () => {
    const store = await openSqliteStore(directory);
    await store.append("old", { record: { type: "opened" }, epoch: 0, stamp: stamp(1) });
    await store.append("old", {
      record: { type: "intent", lease: lease("l1"), why: "test" },
      epoch: 1,
      stamp: stamp(2),
    });
    await store.rename("old", "new");
    expect((await store.load("new")).leases["l1"]?.id).toBe("l1");
    expect((await store.load("old")).seq).toBe(0);
    await store.close();
  });

  test("is the same in SQLite and in memory, whatever records come", async () => {
    const store = await openSqliteStore(directory);
    let round = 0;
    const record: fc.Arbitrary<JournalRecord> = fc.oneof(
      fc.constantFrom("a", "b", "c").map((id): JournalRecord => ({ type: "intent", lease: lease(id), why: "w" })),
      fc.constantFrom("a", "b", "c").map((id): JournalRecord => ({ type: "committing", sink: "s", lease: id })),
      fc
        .constantFrom("a", "b", "c")
        .map((id): JournalRecord => ({ type: "settled", lease: id, adopted: true, specHash: "h" })),
      fc.constantFrom("a", "b", "foreign", "absent").map((s): JournalRecord => ({ type: "observed", holdings: { s } })),
      fc.constantFrom("a", "b").map((id): JournalRecord => ({ type: "mixed", lease: id, why: "w" })),
      fc.constant<JournalRecord>({
        type: "sinks",
        sinks: [{ id: "s", type: "t", target: "x", keys: ["k"], canRead: true }],
      }),
      fc.constantFrom("a", "b").map((id): JournalRecord => ({ type: "gone", lease: id, how: "revoked" })),
      fc.constant<JournalRecord>({ type: "closed" }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 20 }), async (records) => {
        const rotation = `r${round++}`;
        const memory = createMemoryStore();
        for (const [index, each] of [{ type: "opened" } as const, ...records].entries()) {
          const entry = { record: each, epoch: index === 0 ? 0 : 1, stamp: stamp(index) };
          const [a, b] = [await store.append(rotation, entry), await memory.append(rotation, entry)];
          expect(a).toEqual(JSON.parse(JSON.stringify(b)));
        }
      }),
      { numRuns: 60 },
    );
    await store.close();
  });
});

describe("the lock of a rotation", () => {
  test("is one process's at a time, and the rotation beside it is free", async () => {
    const [one, two] = [await openSqliteStore(directory), await openSqliteStore(directory)];
    const lock = await one.tryLock("db");
    expect(await one.tryLock("db")).toBeUndefined();
    expect(await two.tryLock("other")).toBeDefined();
    lock?.release();
    expect(await one.tryLock("db")).toBeDefined();
    await one.close();
    await two.close();
  });

  test("is refused while another process holds it, even a stopped one, and free the instant that one is killed", async () => {
    const module = new URL("../../src/store/lock.ts", import.meta.url).href;
    const code = `const { createLocks } = await import(${JSON.stringify(module)}); const lock = await createLocks(process.argv[1]).tryLock("db"); console.log(lock ? "held" : "refused"); setInterval(() => lock?.valid(), 1e6);`;
    const child = spawn(
      process.execPath,
      ["--conditions=rotate:src", "--input-type=module", "-e", code, `${directory}/locks`],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    await once(child.stdout, "data");
    const store = await openSqliteStore(directory);
    expect(await store.tryLock("db")).toBeUndefined();
    child.kill("SIGSTOP");
    expect(await store.tryLock("db")).toBeUndefined();
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await store.tryLock("db")).toBeDefined();
    await store.close();
  });

  test("is not ours any more when somebody removed its file", async () => {
    const store = await openSqliteStore(directory);
    const lock = await store.tryLock("db");
    expect(lock?.valid()).toBe(true);
    rmSync(`${directory}/locks`, { recursive: true });
    expect(lock?.valid()).toBe(false);
    await store.close();
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
