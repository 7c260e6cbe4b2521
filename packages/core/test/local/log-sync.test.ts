import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createLogSync } from "../../src/local/log-sync.ts";

const real = await vi.importActual<typeof import("node:fs")>("node:fs");
const disk = vi.hoisted(() => ({ syncs: [] as number[], failing: false }));

vi.mock("node:fs", async (original) => {
  const fs = await original<typeof import("node:fs")>();
  const fdatasync = (descriptor: number, done: (error: Error | null) => void): void => {
    disk.syncs.push(fs.fstatSync(descriptor).ino);
    if (disk.failing) setImmediate(done, Object.assign(new Error("i/o error"), { code: "EIO" }));
    else fs.fdatasync(descriptor, done);
  };
  return { ...fs, fdatasync };
});

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rotate-log-"));
  disk.syncs.length = 0;
  disk.failing = false;
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const path = (): string => join(directory, "state.db");
const writeLog = (): void => writeFileSync(`${path()}-wal`, "records");
const inode = (): number => real.statSync(`${path()}-wal`).ino;

function never(): never {
  throw new Error("there is a log");
}

test("all that ask at once share one sync, and those who come while it runs share the next", async () => {
  writeLog();
  const log = createLogSync(path(), never);
  await Promise.all([log.flush(), log.flush(), log.flush()]);
  expect(disk.syncs).toHaveLength(1);
  const first = log.flush();
  await expect.poll(() => disk.syncs.length, { interval: 0 }).toBe(2);
  const later = [log.flush(), log.flush()];
  await Promise.all([first, ...later]);
  expect(disk.syncs).toHaveLength(3);
  await log.close();
});

test.each(["replaced", "removed"])(
  "a log that was %s under SQLite makes nothing durable, and that is said",
  async (how) => {
    writeFileSync(path(), "");
    writeLog();
    const log = createLogSync(path(), never);
    await log.flush();
    real.renameSync(`${path()}-wal`, join(directory, "kept"));
    if (how === "replaced") writeLog();
    disk.syncs.length = 0;
    await expect(log.flush()).rejects.toMatchObject({
      code: "ROTATE_STATE_LOST",
      message: expect.stringContaining(`${path()}-wal`),
    });
    expect(disk.syncs).toEqual([]);
    await log.close();
  },
);

test("the log of a file that was put back is synced where it stands now, and not where it stood", async () => {
  writeFileSync(path(), "");
  writeLog();
  const log = createLogSync(path(), never);
  await log.flush();
  for (const file of [path(), `${path()}-wal`]) real.renameSync(file, `${file}.kept`);
  writeFileSync(path(), "");
  writeLog();
  await log.flush();
  expect(disk.syncs.at(-1)).toBe(inode());
  await log.close();
});

test("without a log the other way is gone", async () => {
  const other = vi.fn<() => void>();
  const log = createLogSync(path(), other);
  await log.flush();
  expect(other).toHaveBeenCalledOnce();
  expect(existsSync(`${path()}-wal`)).toBe(false);
  await log.close();
});

test("a disk that fails is told to everybody who waited for it, with the path, and asked again the next time", async () => {
  writeLog();
  disk.failing = true;
  const log = createLogSync(path(), never);
  const both = await Promise.allSettled([log.flush(), log.flush()]);
  const told = { status: "rejected", reason: expect.objectContaining({ code: "ROTATE_STATE_UNUSABLE" }) };
  expect(both).toEqual([told, told]);
  disk.failing = false;
  await expect(log.flush()).resolves.toBeUndefined();
  await log.close();
});

describe("what nobody waits for", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  test("is synced within a second, once for all of it", async () => {
    writeLog();
    const log = createLogSync(path(), never);
    log.flushSoon();
    log.flushSoon();
    expect(disk.syncs).toHaveLength(0);
    vi.advanceTimersByTime(1_000);
    await expect.poll(() => disk.syncs.length).toBe(1);
    vi.advanceTimersByTime(10_000);
    await log.close();
    expect(disk.syncs).toHaveLength(1);
  });

  test("goes along with a sync that somebody waits for", async () => {
    writeLog();
    const log = createLogSync(path(), never);
    log.flushSoon();
    await log.flush();
    vi.advanceTimersByTime(1_000);
    await log.close();
    expect(disk.syncs).toHaveLength(1);
  });

  test("is synced before the log is closed", async () => {
    writeLog();
    const log = createLogSync(path(), never);
    log.flushSoon();
    await log.close();
    expect(disk.syncs).toHaveLength(1);
  });

  test("fails the next sync when its own failed, for the kernel tells of it only once", async () => {
    writeLog();
    disk.failing = true;
    const log = createLogSync(path(), never);
    log.flushSoon();
    vi.advanceTimersByTime(1_000);
    await expect.poll(() => disk.syncs.length).toBe(1);
    disk.failing = false;
    await expect(log.flush()).rejects.toMatchObject({ code: "ROTATE_STATE_UNUSABLE" });
    await expect(log.flush()).resolves.toBeUndefined();
    await log.close();
  });
});
