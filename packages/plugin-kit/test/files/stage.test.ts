import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { stageFile } from "@rotate/plugin-kit/files";
import { expect, test } from "vitest";
import { commit, createTools, faultOf, freshDirectory, lineEdit, modeOf, orphans, text, whole } from "./support.ts";

const ctx = createTools();
const isRoot = process.geteuid?.() === 0;

test("makes a new file that only its owner can read, whatever the umask", async () => {
  const file = `${freshDirectory()}/.env`;
  const before = process.umask(0);
  try {
    await commit(await stageFile(file, whole("A=1\n"), { ctx }));
  } finally {
    process.umask(before);
  }
  expect(text(file)).toBe("A=1\n");
  expect(modeOf(file)).toBe("0600");
});

test("gives a new file the permissions asked for, even under a umask that forbids them", async () => {
  const file = `${freshDirectory()}/.env`;
  const before = process.umask(0o777);
  try {
    await commit(await stageFile(file, whole("A=1\n"), { ctx, mode: "0640" }));
  } finally {
    process.umask(before);
  }
  expect(modeOf(file)).toBe("0640");
});

test("touches nothing before the commit, and the staged file is private to us", async () => {
  const directory = freshDirectory();
  writeFileSync(`${directory}/.env`, "old\n", { mode: 0o644 });
  const prepared = await stageFile(`${directory}/.env`, whole("new\n"), { ctx });
  expect(prepared.changed).toBe(true);
  expect(text(`${directory}/.env`)).toBe("old\n");
  expect(orphans(directory)).toHaveLength(1);
  await commit(prepared);
  expect(text(`${directory}/.env`)).toBe("new\n");
  expect(readdirSync(directory)).toEqual([".env"]);
});

test("keeps the permissions of an existing file", async () => {
  const file = `${freshDirectory()}/.env`;
  writeFileSync(file, "old\n");
  chmodSync(file, 0o640);
  await commit(await stageFile(file, whole("new\n"), { ctx }));
  expect(modeOf(file)).toBe("0640");
});

test.skipIf(!isRoot)("keeps the owner and group of an existing file (needs root)", async () => {
  const file = `${freshDirectory()}/.env`;
  writeFileSync(file, "old\n");
  chownSync(file, 1234, 2345);
  await commit(await stageFile(file, whole("new\n"), { ctx }));
  expect(statSync(file)).toMatchObject({ uid: 1234, gid: 2345 });
});

test.skipIf(!isRoot)("gives a file to the owner and group named in the spec (needs root)", async () => {
  const file = `${freshDirectory()}/.env`;
  await commit(await stageFile(file, whole("new\n"), { ctx, owner: "1234", group: "root" }));
  expect(statSync(file)).toMatchObject({ uid: 1234, gid: 0 });
});

test("refuses an owner that this system does not know", async () => {
  const fault = await faultOf(stageFile(`${freshDirectory()}/.env`, whole("x"), { ctx, owner: "no-such-user" }));
  expect(fault).toMatchObject({ code: "INVALID", message: "owner: no-such-user is not in /etc/passwd" });
});

test("does not write what is already there", async () => {
  const file = `${freshDirectory()}/.env`;
  writeFileSync(file, "same\n", { mode: 0o600 });
  const { ino } = statSync(file);
  const prepared = await stageFile(file, whole("same\n"), { ctx });
  expect(prepared.changed).toBe(false);
  await commit(prepared);
  expect(statSync(file).ino).toBe(ino);
});

test("repairs wrong permissions of a file whose content is right, without writing it", async () => {
  const file = `${freshDirectory()}/.env`;
  writeFileSync(file, "same\n");
  chmodSync(file, 0o666);
  const { ino } = statSync(file);
  const prepared = await stageFile(file, whole("same\n"), { ctx, mode: "0600" });
  expect(prepared.changed).toBe(true);
  await commit(prepared);
  expect(modeOf(file)).toBe("0600");
  expect(statSync(file).ino).toBe(ino);
});

test("merges with what a human wrote between prepare and commit", async () => {
  const directory = freshDirectory();
  const file = `${directory}/.env`;
  writeFileSync(file, "A=1\nPASSWORD=old\n");
  const prepared = await stageFile(file, lineEdit("PASSWORD", "new").edit, { ctx });
  writeFileSync(file, "A=2\nPASSWORD=old\n");
  chmodSync(file, 0o640);
  await commit(prepared);
  expect(text(file)).toBe("A=2\nPASSWORD=new\n");
  expect(modeOf(file)).toBe("0640");
  expect(orphans(directory)).toEqual([]);
});

test("two writers that prepared at once both arrive", async () => {
  const file = `${freshDirectory()}/.env`;
  const one = await stageFile(file, lineEdit("ONE", "1").edit, { ctx });
  const two = await stageFile(file, lineEdit("TWO", "2").edit, { ctx });
  await Promise.all([commit(one), commit(two)]);
  expect(text(file).split("\n").toSorted()).toEqual(["", "ONE=1", "TWO=2"]);
});

test("gives up with a conflict when somebody else never stops changing the file", async () => {
  const directory = freshDirectory();
  const file = `${directory}/.env`;
  writeFileSync(file, "0\n");
  let count = 0;
  const prepared = await stageFile(
    file,
    () => {
      process.nextTick(() => writeFileSync(file, `${(count += 1)}\n`));
      return Buffer.from("ours\n");
    },
    { ctx },
  );
  expect(await faultOf(commit(prepared))).toMatchObject({ code: "CONFLICT" });
  expect(text(file)).not.toBe("ours\n");
  expect(orphans(directory)).toEqual([]);
});

test("stages anew when the staged file was taken away or replaced", async () => {
  const directory = freshDirectory();
  const prepared = await stageFile(`${directory}/.env`, whole("good\n"), { ctx });
  const [staged] = orphans(directory);
  unlinkSync(`${directory}/${staged}`);
  writeFileSync(`${directory}/${staged}`, "evil\n");
  await commit(prepared);
  expect(text(`${directory}/.env`)).toBe("good\n");
});

test("writes where the path leads when the directory was swapped meanwhile", async () => {
  const directory = freshDirectory();
  let swapped = false;
  function swapOnce() {
    if (!swapped) renameSync(directory, `${directory}.moved`);
    if (!swapped) mkdirSync(directory);
    swapped = true;
    return Buffer.from("secret\n");
  }
  await commit(await stageFile(`${directory}/.env`, swapOnce, { ctx }));
  expect(text(`${directory}/.env`)).toBe("secret\n");
  expect(readdirSync(`${directory}.moved`)).not.toContain(".env");
});

test("creates missing directories when asked, with their permissions", async () => {
  const directory = freshDirectory();
  const options = { ctx, directory: { create: true, mode: "0750" } };
  await commit(await stageFile(`${directory}/a/b/.env`, whole("x"), options));
  expect([modeOf(`${directory}/a`), modeOf(`${directory}/a/b`), modeOf(`${directory}/a/b/.env`)]).toEqual([
    "0750",
    "0750",
    "0600",
  ]);
});

test("says how to get a missing directory", async () => {
  const fault = await faultOf(stageFile(`${freshDirectory()}/missing/.env`, whole("x"), { ctx }));
  expect(fault).toMatchObject({ code: "NOT_FOUND", hint: expect.stringContaining("directory: { create: true }") });
});

function broken(): never {
  throw new Error("broken edit");
}

test("leaves no directory behind when prepare fails", async () => {
  const directory = freshDirectory();
  await expect(
    stageFile(`${directory}/a/b/.env`, broken, { ctx, directory: { create: true, mode: "0700" } }),
  ).rejects.toThrow("broken edit");
  expect(readdirSync(directory)).toEqual([]);
});

test("sweeps its own left-over temporary files after an hour, and nothing else", async () => {
  const directory = freshDirectory();
  const old = new Date(Date.now() - 3_700_000);
  const names = {
    orphan: `.rotate-tmp-${"a".repeat(24)}`,
    young: `.rotate-tmp-${"b".repeat(24)}`,
    foreign: ".rotate-tmp-notes",
  };
  for (const name of Object.values(names)) writeFileSync(`${directory}/${name}`, "");
  for (const name of [names.orphan, names.foreign]) utimesSync(`${directory}/${name}`, old, old);
  const tools = createTools();
  await commit(await stageFile(`${directory}/.env`, whole("x"), { ctx: tools }));
  expect(readdirSync(directory).toSorted()).toEqual([".env", names.foreign, names.young].toSorted());
  expect(tools.logged.map(({ message }) => message)).toEqual(["removed a left-over temporary file"]);
});

test("overwrites the file itself when told to write in place", async () => {
  const file = `${freshDirectory()}/.env`;
  writeFileSync(file, "a longer old content\n", { mode: 0o640 });
  const { ino } = lstatSync(file);
  await commit(await stageFile(file, whole("new\n"), { ctx, write: "in-place" }));
  expect(text(file)).toBe("new\n");
  expect(lstatSync(file).ino).toBe(ino);
});

test("refuses to take over a file when the spec says so", async () => {
  const file = `${freshDirectory()}/.env`;
  const prepared = await stageFile(file, whole("ours\n"), { ctx, existing: "refuse" });
  writeFileSync(file, "theirs\n");
  expect(await faultOf(commit(prepared))).toMatchObject({ code: "INVALID", message: `${file} exists already` });
  expect(text(file)).toBe("theirs\n");
});

test("does not refuse the file that this rotation wrote before", async () => {
  const file = `${freshDirectory()}/.env`;
  writeFileSync(file, "ours, of last time\n");
  await commit(await stageFile(file, whole("ours\n"), { ctx: { ...ctx, ours: true }, existing: "refuse" }));
  expect(text(file)).toBe("ours\n");
});

test("may be committed again after a failure", async () => {
  const file = `${freshDirectory()}/.env`;
  const prepared = await stageFile(file, whole("ours\n"), { ctx });
  mkdirSync(file);
  expect(await faultOf(commit(prepared))).toMatchObject({ code: "INVALID", message: `${file} is a directory` });
  renameSync(file, `${file}.gone`);
  await commit(prepared);
  expect(text(file)).toBe("ours\n");
});
