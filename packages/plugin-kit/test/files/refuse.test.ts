import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, linkSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { checkFile, readTarget, stageFile } from "@rotate/plugin-kit/files";
import { describe, expect, test } from "vitest";
import { can, commit, createTools, faultOf, freshDirectory, text, whole } from "./support.ts";

const ctx = createTools();

interface Trap {
  readonly name: string;
  readonly says: RegExp;
  readonly plant: (directory: string) => void;
}
const traps: readonly Trap[] = [
  { name: "a symbolic link", says: /is a symbolic link$/, plant: (at) => symlinkSync("elsewhere", `${at}/.env`) },
  { name: "a directory", says: /is a directory$/, plant: (at) => mkdirSync(`${at}/.env`) },
  { name: "a fifo", says: /is a fifo$/, plant: (at) => void spawnSync("mkfifo", [`${at}/.env`]) },
  {
    name: "a hard link",
    says: /is a hard link: 2 names lead to it$/,
    plant: (at) => linkSync(`${at}/elsewhere`, `${at}/.env`),
  },
];

describe.each(traps)("a target that is $name", ({ plant, says }) => {
  function planted(): string {
    const directory = freshDirectory();
    writeFileSync(`${directory}/elsewhere`, "not ours\n");
    plant(directory);
    return directory;
  }

  test("is refused before anything is minted, with a remedy", async () => {
    const fault = await faultOf(checkFile(`${planted()}/.env`, { ctx }));
    expect(fault).toMatchObject({
      code: "INVALID",
      retryable: false,
      message: expect.stringMatching(says),
      hint: expect.any(String),
    });
  });

  test("is refused by prepare, and what it leads to is untouched", async () => {
    const directory = planted();
    expect(await faultOf(stageFile(`${directory}/.env`, whole("secret"), { ctx }))).toMatchObject({ code: "INVALID" });
    expect(text(`${directory}/elsewhere`)).toBe("not ours\n");
    expect(readdirSync(directory).toSorted()).toEqual([".env", "elsewhere"]);
  });

  test("is refused when it is planted between prepare and commit", async () => {
    const directory = freshDirectory();
    const prepared = await stageFile(`${directory}/.env`, whole("secret"), { ctx });
    writeFileSync(`${directory}/elsewhere`, "not ours\n");
    plant(directory);
    expect(await faultOf(commit(prepared))).toMatchObject({ code: "INVALID" });
    expect(text(`${directory}/elsewhere`)).toBe("not ours\n");
    expect(readdirSync(directory).toSorted()).toEqual([".env", "elsewhere"]);
  });
});

test("a parent that is a symbolic link is refused by name, with where it leads", async () => {
  const directory = freshDirectory();
  symlinkSync(directory, `${directory}/link`);
  for (const attempt of [
    () => checkFile(`${directory}/link/.env`, { ctx }),
    () => stageFile(`${directory}/link/.env`, whole("x"), { ctx }),
  ]) {
    expect(await faultOf(attempt())).toMatchObject({
      code: "INVALID",
      message: `the directory ${directory}/link is a symbolic link to ${directory}`,
    });
  }
});

test("a file with several names may be written in place", async () => {
  const directory = freshDirectory();
  writeFileSync(`${directory}/elsewhere`, "old\n");
  linkSync(`${directory}/elsewhere`, `${directory}/.env`);
  await commit(await stageFile(`${directory}/.env`, whole("new\n"), { ctx, write: "in-place" }));
  expect(text(`${directory}/elsewhere`)).toBe("new\n");
});

test.each(["relative/.env", "/proc/self/environ", "/sys/x", "/dev/sda", "/tmp/", "/"])(
  "%s is no place for a secret",
  async (path) => {
    expect(await faultOf(stageFile(path, whole("x"), { ctx }))).toMatchObject({ code: "INVALID" });
  },
);

test("a world-writable directory is a warning", async () => {
  const directory = freshDirectory();
  chmodSync(directory, 0o777);
  const tools = createTools();
  await checkFile(`${directory}/.env`, { ctx: tools });
  expect(tools.logged.map(({ message }) => message)).toEqual([
    "the directory is world-writable: others can replace the file",
  ]);
});

test("a world-readable file is a warning", async () => {
  const tools = createTools();
  await checkFile(`${freshDirectory()}/.env`, { ctx: tools, mode: "0644" });
  expect(tools.logged.map(({ message }) => message)).toEqual(["every user of the system may read the file"]);
});

test.skipIf(!can.root)("a sticky directory of another user is refused (needs root to make one)", async () => {
  const directory = freshDirectory();
  chownSync(directory, 1234, 1234);
  chmodSync(directory, 0o1777);
  expect(await faultOf(checkFile(`${directory}/.env`, { ctx }))).toMatchObject({
    code: "DENIED",
    message: expect.stringContaining("shared by all users"),
  });
});

test.skipIf(!can.root)(
  "somebody else's file in a world-writable directory is refused, unless the spec names its owner (needs root)",
  async () => {
    const directory = freshDirectory();
    chmodSync(directory, 0o777);
    writeFileSync(`${directory}/.env`, "theirs\n");
    chownSync(`${directory}/.env`, 1234, 1234);
    expect(await faultOf(stageFile(`${directory}/.env`, whole("x"), { ctx }))).toMatchObject({ code: "DENIED" });
    await commit(await stageFile(`${directory}/.env`, whole("ours\n"), { ctx, owner: "1234" }));
    expect(text(`${directory}/.env`)).toBe("ours\n");
  },
);

test("a file that is far too large is refused", async () => {
  const file = `${freshDirectory()}/.env`;
  writeFileSync(file, Buffer.alloc(17 * 1024 * 1024));
  expect(await faultOf(stageFile(file, whole("x"), { ctx }))).toMatchObject({
    code: "INVALID",
    message: expect.stringContaining("larger than"),
  });
});

test("reads a file, says undefined for one that does not exist, and refuses a link", async () => {
  const directory = freshDirectory();
  writeFileSync(`${directory}/.env`, "A=1\n");
  symlinkSync(".env", `${directory}/link`);
  expect(await readTarget(`${directory}/.env`)).toEqual(Buffer.from("A=1\n"));
  expect(await readTarget(`${directory}/missing`)).toBeUndefined();
  expect(await readTarget(`${directory}/no/such/directory`)).toBeUndefined();
  expect(await faultOf(readTarget(`${directory}/link`))).toMatchObject({ code: "INVALID" });
});
