import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { stageFile, stageSet, tidyFile, tidySet } from "@rotate/plugin-kit/files";
import { describe, expect, test } from "vitest";
import { can, commit, createTools, faultOf, freshDirectory, orphans, text, undo, whole } from "./support.ts";

/** The sink of one rotation: another process of it has the same mark. */
const ours = { ...createTools(), mark: "spec/app/0" };
const theirs = { ...createTools(), mark: "spec/other/0" };

/** What a process leaves that is killed between `prepare` and `commit`. */
async function killed(directory: string, ctx = ours): Promise<void> {
  await stageFile(`${directory}/.env`, whole("TOKEN=live\n"), { ctx });
}

test("what a killed process left is swept by the next write of the same sink, not an hour later", async () => {
  const directory = freshDirectory();
  await killed(directory);
  expect(orphans(directory)).toHaveLength(1);
  await commit(await stageFile(`${directory}/.env`, whole("TOKEN=next\n"), { ctx: ours }));
  expect(readdirSync(directory)).toEqual([".env"]);
});

test("what a killed process left is swept without a write as well", async () => {
  const directory = freshDirectory();
  await killed(directory);
  await tidyFile(`${directory}/.env`, ours);
  expect(readdirSync(directory)).toEqual([]);
  await tidyFile(`${directory}/no/such/directory/.env`, ours);
});

test.skipIf(!can.root)("it is swept although it had been given to another owner (needs root to give it)", async () => {
  const directory = freshDirectory();
  await stageFile(`${directory}/.env`, whole("TOKEN=live\n"), { ctx: ours, owner: "1234" });
  await tidyFile(`${directory}/.env`, ours);
  expect(readdirSync(directory)).toEqual([]);
});

test("what another rotation has staged in the same directory is in use, and stays", async () => {
  const directory = freshDirectory();
  const prepared = await stageFile(`${directory}/other.env`, whole("TOKEN=theirs\n"), { ctx: theirs });
  await tidyFile(`${directory}/.env`, ours);
  await commit(await stageFile(`${directory}/.env`, whole("TOKEN=ours\n"), { ctx: ours }));
  await commit(prepared);
  expect(readdirSync(directory).toSorted()).toEqual([".env", "other.env"]);
});

async function failing() {
  const directory = freshDirectory();
  const path = `${directory}/.env`;
  const prepared = await stageFile(path, whole("TOKEN=live\n"), { ctx: ours });
  renameSync(directory, `${directory}.away`);
  expect(await faultOf(commit(prepared))).toMatchObject({ code: "NOT_FOUND" });
  renameSync(`${directory}.away`, directory);
  return { directory, path, prepared };
}

describe("a commit that fails before it can open the directory", () => {
  test("leaves nothing when it is tried again", async () => {
    const { directory, path } = await failing();
    await commit(await stageFile(path, whole("TOKEN=live\n"), { ctx: ours }));
    expect(readdirSync(directory)).toEqual([".env"]);
  });

  test("leaves nothing when the second try fails, too, and the first is undone", async () => {
    const { directory, path, prepared } = await failing();
    const again = await stageFile(path, whole("TOKEN=live\n"), { ctx: ours });
    renameSync(directory, `${directory}.away`);
    expect(await faultOf(commit(again))).toMatchObject({ code: "NOT_FOUND" });
    renameSync(`${directory}.away`, directory);
    await undo(prepared);
    expect(readdirSync(directory)).toEqual([]);
  });
});

test("a commit that finds another directory in the place of its own takes its file back at once", async () => {
  const directory = freshDirectory();
  const prepared = await stageFile(`${directory}/.env`, whole("TOKEN=live\n"), { ctx: ours });
  writeFileSync(`${directory}/.env`, "x");
  mkdirSync(`${directory}/.env.d`);
  renameSync(`${directory}/.env`, `${directory}/.env.d/x`);
  mkdirSync(`${directory}/.env`);
  expect(await faultOf(commit(prepared))).toMatchObject({ code: "INVALID" });
  expect(orphans(directory)).toEqual([]);
});

const contents = (value: string) => new Map([["key", Buffer.from(value)]]);

describe("a directory of a set that a killed process left", () => {
  test("is swept by the next start; the one before the shown one stays for its readers", async () => {
    const directory = freshDirectory();
    const path = `${directory}/tls`;
    await commit(await stageSet(path, contents("one"), { ctx: ours }));
    await commit(await stageSet(path, contents("two"), { ctx: ours }));
    const kept = readdirSync(directory);
    await stageSet(path, contents("live"), { ctx: ours });
    writeFileSync(`${path}/theirs`, "x");
    expect(readdirSync(directory)).toHaveLength(kept.length + 1);
    await tidySet(path, ours);
    expect(readdirSync(directory)).toEqual(kept);
    expect(text(`${path}/key`)).toBe("two");
  });

  test("is swept where no set was ever shown", async () => {
    const directory = freshDirectory();
    await stageSet(`${directory}/tls`, contents("live"), { ctx: ours });
    await tidySet(`${directory}/tls`, ours);
    expect(readdirSync(directory)).toEqual([]);
  });

  test("stays when it is another rotation's", async () => {
    const path = `${freshDirectory()}/tls`;
    const prepared = await stageSet(path, contents("theirs"), { ctx: theirs });
    await tidySet(path, ours);
    await commit(prepared);
    expect(existsSync(`${path}/key`)).toBe(true);
  });
});
