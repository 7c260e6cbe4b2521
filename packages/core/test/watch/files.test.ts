/** Real files and real events. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { followFiles } from "../../src/watch/files.ts";

async function following(names: readonly string[]) {
  const directory = mkdtempSync(join(tmpdir(), "rotate-follow-"));
  const path = (name: string): string => join(directory, name);
  let told = Promise.withResolvers<readonly string[]>();
  const files = await followFiles((paths) => told.resolve(paths), 100);
  onTestFinished(async () => {
    await files.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    path,
    begin: () => files.follow(names.map(path)),
    follow: files.follow,
    next: async () => {
      const paths = await told.promise;
      told = Promise.withResolvers();
      return paths;
    },
  };
}

test("a file that is edited in place, and one that is replaced, are told by name", async () => {
  const { path, begin, next } = await following(["rotate.yaml", "list.json"]);
  writeFileSync(path("rotate.yaml"), "one");
  writeFileSync(path("list.json"), "[]");
  await begin();
  writeFileSync(path("rotate.yaml"), "two");
  expect(await next()).toEqual([path("rotate.yaml")]);
  writeFileSync(path("new"), "[1]");
  renameSync(path("new"), path("list.json"));
  expect(await next()).toEqual([path("list.json")]);
});

/** At once: no reader finds half of it. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

test("each change is told once, however many come at the same time", async () => {
  const directory = mkdtempSync(join(tmpdir(), "rotate-follow-"));
  const paths = Array.from({ length: 40 }, (_, nth) => join(directory, `${nth}`));
  for (const path of paths) writeFileSync(path, "one");
  const told: string[] = [];
  const files = await followFiles((changed) => void told.push(...changed), 5);
  onTestFinished(async () => {
    await files.close();
    rmSync(directory, { recursive: true, force: true });
  });
  await files.follow(paths);
  for (const path of paths) replace(path, "two".repeat(500_000));
  await vi.waitFor(() => expect(new Set(told).size).toBe(paths.length), 30_000);
  for (const path of paths) replace(path, "three");
  await vi.waitFor(() => expect(told.length).toBeGreaterThanOrEqual(2 * paths.length), 30_000);
  expect(told.length).toBe(2 * paths.length);
});

test("a large file is told that was changed to another of its size, with its times set back", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  const { path, begin, next } = await following(["rotate.yaml"]);
  writeFileSync(path("rotate.yaml"), "a".repeat(100_000));
  const { atime, mtime } = statSync(path("rotate.yaml"));
  vi.setSystemTime(Date.now() + 60_000); // its times are old enough to count
  await begin();
  writeFileSync(path("rotate.yaml"), "b".repeat(100_000));
  utimesSync(path("rotate.yaml"), atime, mtime);
  expect(await next()).toEqual([path("rotate.yaml")]);
});

test("a file that was not there is told when it comes", async () => {
  const { path, begin, next } = await following(["secret"]);
  await begin();
  writeFileSync(path("secret"), "new");
  expect(await next()).toEqual([path("secret")]);
});

test("one that is reached through another link, as a mounted ConfigMap is, is told", async () => {
  const { path, begin, next } = await following(["rotate.yaml"]);
  for (const version of ["one", "two"]) {
    mkdirSync(path(version));
    writeFileSync(join(path(version), "rotate.yaml"), version);
  }
  symlinkSync("one", path("data"));
  symlinkSync("data/rotate.yaml", path("rotate.yaml"));
  await begin();
  symlinkSync("two", path("data-next"));
  renameSync(path("data-next"), path("data"));
  expect(await next()).toEqual([path("rotate.yaml")]);
});

test("what is followed no more is told no more", async () => {
  const { path, begin, follow, next } = await following(["a", "b"]);
  for (const name of ["a", "b"]) writeFileSync(path(name), "one");
  await begin();
  await follow([path("b")]);
  writeFileSync(path("a"), "two");
  writeFileSync(path("b"), "two");
  expect(await next()).toEqual([path("b")]);
});
