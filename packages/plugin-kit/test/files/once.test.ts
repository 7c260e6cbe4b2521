import { appendFileSync, chmodSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { stageFile, stampOfFile, tidyFile } from "@rotate/plugin-kit/files";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { commit, createTools, freshDirectory, orphans, whole } from "./support.ts";

/** As long after now as a file takes to be old. */
function later(): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 10_000 });
}

beforeEach(() => void vi.useRealTimers());
afterEach(() => void vi.useRealTimers());

test("a file that was just written has no stamp: it might be written again without its times telling", () => {
  const path = `${freshDirectory()}/token`;
  expect(stampOfFile({ path })).toBeUndefined();
  writeFileSync(path, "one");
  expect(stampOfFile({ path })).toBeUndefined();
  later();
  expect(stampOfFile({ path })).toBeDefined();
  expect(stampOfFile({ path: { env: "PLACE" } })).toBeUndefined();
});

test("a stamp stays while nothing happens, and is another after each kind of change", () => {
  const directory = freshDirectory();
  const path = `${directory}/token`;
  writeFileSync(path, "one");
  later();
  const stamps = [stampOfFile({ path })];
  expect(stampOfFile({ path })).toBe(stamps[0]);
  for (const change of [
    () => appendFileSync(path, "!"),
    () => writeFileSync(path, "two!"),
    () => chmodSync(path, 0o640),
    () => {
      writeFileSync(`${directory}/next`, "two!");
      renameSync(`${directory}/next`, path);
    },
    () => {
      renameSync(directory, `${directory}.away`);
      symlinkSync(`${directory}.away`, directory);
    },
  ]) {
    change();
    stamps.push(stampOfFile({ path }));
  }
  expect(new Set(stamps).size).toBe(6);
  expect(stamps).not.toContain(undefined);
});

test("in one tick a directory is listed for left-overs once, and anew in the next", async () => {
  const directory = freshDirectory();
  const path = `${directory}/token`;
  const ctx = { ...createTools(), mark: "spec/app/0" };
  const tick = {};
  await tidyFile(path, { ...ctx, tick });
  await stageFile(path, whole("of a process that is killed"), { ctx });
  await tidyFile(path, { ...ctx, tick });
  expect(orphans(directory)).toHaveLength(1);
  await commit(await stageFile(path, whole("new"), { ctx: { ...ctx, tick: {} } }));
  expect(orphans(directory)).toEqual([]);
});

test.skipIf(process.platform !== "linux")(
  "no command is started for the attributes of a file that this process made, until somebody touches them",
  async () => {
    const path = `${freshDirectory()}/token`;
    const started: string[] = [];
    const tools = createTools();
    const ctx: typeof tools = {
      ...tools,
      exec: (argv, init) => {
        started.push(argv[0]);
        return tools.exec(argv, init);
      },
    };
    for (const content of ["one", "two", "three"]) await commit(await stageFile(path, whole(content), { ctx }));
    expect(started).toEqual([]);
    await setTimeout(20); // a change in the same tick of the kernel's clock has the same time
    chmodSync(path, 0o600);
    await commit(await stageFile(path, whole("four"), { ctx }));
    expect(started).toContain("cp");
  },
);

test.skipIf(process.platform !== "linux")(
  "nor for one that an earlier process made and told of, until somebody touches it",
  async () => {
    const path = `${freshDirectory()}/token`;
    const started: string[] = [];
    const tools = createTools();
    const exec: typeof tools.exec = (argv, init) => {
      started.push(argv[0]);
      return tools.exec(argv, init);
    };
    /** As a process of its own does it. */
    async function writeAnew(content: string, made?: string): Promise<string | undefined> {
      vi.resetModules();
      const kit = await import("@rotate/plugin-kit/files");
      const prepared = await kit.stageFile(path, whole(content), { ctx: { ...tools, exec, ...(made && { made }) } });
      await commit(prepared);
      return prepared.made?.();
    }
    const first = await writeAnew("one");
    const second = await writeAnew("two", first);
    expect(started).toEqual([]);
    await setTimeout(20); // a change in the same tick of the kernel's clock has the same time
    chmodSync(path, 0o600);
    expect(await writeAnew("three", second)).toBeUndefined();
    expect(started).toContain("cp");
  },
);
