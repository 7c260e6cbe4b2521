import { chmodSync, mkdirSync, readdirSync, unlinkSync, writeFileSync } from "node:fs";
import { stageFile } from "@rotate/plugin-kit/files";
import { expect, test } from "vitest";
import {
  commit,
  createTools,
  faultOf,
  freshDirectory,
  lineEdit,
  modeOf,
  orphans,
  text,
  undo,
  whole,
} from "./support.ts";

const ctx = createTools();

test("puts the exact old bytes and permissions back", async () => {
  const file = `${freshDirectory()}/.env`;
  const old = Buffer.from([0xef, 0xbb, 0xbf, 0x41, 0x3d, 0xff, 0x0d, 0x0a]);
  writeFileSync(file, old);
  chmodSync(file, 0o644);
  const prepared = await stageFile(file, whole("new\n"), { ctx, mode: "0600" });
  await commit(prepared);
  expect(modeOf(file)).toBe("0600");
  await undo(prepared);
  expect(Buffer.from(text(file))).toEqual(Buffer.from(old.toString()));
  expect(modeOf(file)).toBe("0644");
});

test("removes a file that did not exist, and the directories made for it", async () => {
  const directory = freshDirectory();
  const options = { ctx, directory: { create: true, mode: "0700" } };
  const prepared = await stageFile(`${directory}/a/b/.env`, whole("new\n"), options);
  await commit(prepared);
  await undo(prepared);
  expect(readdirSync(directory)).toEqual([]);
});

test("keeps a directory that somebody else uses by now", async () => {
  const directory = freshDirectory();
  const options = { ctx, directory: { create: true, mode: "0700" } };
  const prepared = await stageFile(`${directory}/a/.env`, whole("new\n"), options);
  mkdirSync(`${directory}/a/theirs`);
  await undo(prepared);
  expect(readdirSync(`${directory}/a`)).toEqual(["theirs"]);
});

test("only tidies up when nothing was committed", async () => {
  const directory = freshDirectory();
  writeFileSync(`${directory}/.env`, "old\n");
  const prepared = await stageFile(`${directory}/.env`, whole("new\n"), { ctx });
  writeFileSync(`${directory}/.env`, "a human's\n");
  await undo(prepared);
  expect(text(`${directory}/.env`)).toBe("a human's\n");
  expect(orphans(directory)).toEqual([]);
});

test("puts back what a human had written between prepare and commit", async () => {
  const file = `${freshDirectory()}/.env`;
  writeFileSync(file, "PASSWORD=old\n");
  const prepared = await stageFile(file, lineEdit("PASSWORD", "new").edit, { ctx });
  writeFileSync(file, "A=1\nPASSWORD=old\n");
  await commit(prepared);
  await undo(prepared);
  expect(text(file)).toBe("A=1\nPASSWORD=old\n");
});

test("takes back only our key when a human changed the rest since", async () => {
  const file = `${freshDirectory()}/.env`;
  const { edit, revert } = lineEdit("PASSWORD", "new");
  writeFileSync(file, "A=1\nPASSWORD=old\n");
  const prepared = await stageFile(file, edit, { ctx, revert });
  await commit(prepared);
  writeFileSync(file, "A=2\nPASSWORD=new\n");
  await undo(prepared);
  expect(text(file)).toBe("A=2\nPASSWORD=old\n");
});

test("is a conflict when a human changed our key since", async () => {
  const file = `${freshDirectory()}/.env`;
  const { edit, revert } = lineEdit("PASSWORD", "new");
  writeFileSync(file, "PASSWORD=old\n");
  const prepared = await stageFile(file, edit, { ctx, revert });
  await commit(prepared);
  writeFileSync(file, "PASSWORD=theirs\n");
  expect(await faultOf(undo(prepared))).toMatchObject({ code: "CONFLICT" });
  expect(text(file)).toBe("PASSWORD=theirs\n");
});

test("is a conflict when the whole file is ours and was changed or removed since", async () => {
  const file = `${freshDirectory()}/token`;
  writeFileSync(file, "old");
  const prepared = await stageFile(file, whole("new"), { ctx });
  await commit(prepared);
  writeFileSync(file, "theirs");
  expect(await faultOf(undo(prepared))).toMatchObject({ code: "CONFLICT" });
  unlinkSync(file);
  expect(await faultOf(undo(prepared))).toMatchObject({ code: "CONFLICT" });
});

test("does nothing the second time", async () => {
  const file = `${freshDirectory()}/.env`;
  writeFileSync(file, "old\n");
  const prepared = await stageFile(file, whole("new\n"), { ctx });
  await commit(prepared);
  await undo(prepared);
  await undo(prepared);
  expect(text(file)).toBe("old\n");
});

test("restores a file written in place", async () => {
  const file = `${freshDirectory()}/.env`;
  writeFileSync(file, "a longer old content\n");
  const prepared = await stageFile(file, whole("new\n"), { ctx, write: "in-place" });
  await commit(prepared);
  await undo(prepared);
  expect(text(file)).toBe("a longer old content\n");
});

test("restores a file whose in-place write was cut off half-way", async () => {
  const file = `${freshDirectory()}/.env`;
  writeFileSync(file, "the old content, which is long\n");
  const prepared = await stageFile(file, whole("NEW CONTENT\n"), { ctx, write: "in-place" });
  await commit(prepared);
  writeFileSync(file, "NEW CONTENX, which is long\n");
  await expect(undo(prepared)).rejects.toMatchObject({ code: "CONFLICT" });
  writeFileSync(file, `NEW CONT${"the old content, which is long\n".slice(8)}`);
  await undo(prepared);
  expect(text(file)).toBe("the old content, which is long\n");
});

test("restores a file whose in-place write was cut off behind the old end", async () => {
  const file = `${freshDirectory()}/.env`;
  writeFileSync(file, "old\n");
  const prepared = await stageFile(file, whole("a much longer content\n"), { ctx, write: "in-place" });
  await commit(prepared);
  writeFileSync(file, "a much lon");
  await undo(prepared);
  expect(text(file)).toBe("old\n");
});
