import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { checkFile, stageFile } from "@rotate/plugin-kit/files";
import { expect, test } from "vitest";
import { commit, createTools, faultOf, freshDirectory, orphans, text, whole } from "./support.ts";

const ctx = createTools();
const hasGit = spawnSync("git", ["--version"]).status === 0;

test("changes nothing, not even the directory's time", async () => {
  const directory = freshDirectory();
  writeFileSync(`${directory}/.env`, "old\n");
  const before = statSync(directory).mtimeMs;
  await checkFile(`${directory}/.env`, { ctx });
  expect(readdirSync(directory)).toEqual([".env"]);
  expect(statSync(directory).mtimeMs).toBe(before);
});

test("passes for a directory that is still to be created", async () => {
  const directory = freshDirectory();
  await checkFile(`${directory}/a/b/.env`, { ctx, directory: { create: true, mode: "0700" } });
  expect(readdirSync(directory)).toEqual([]);
});

test("refuses a file that its owner made read-only, unless the spec names the mode that it shall have", async () => {
  const file = `${freshDirectory()}/.env`;
  writeFileSync(file, "A=1\n", { mode: 0o400 });
  expect(await faultOf(checkFile(file, { ctx }))).toMatchObject({
    code: "INVALID",
    message: `${file} is read-only (mode 0400)`,
    hint: expect.stringContaining('`mode: "0400"`') as string,
  });
  await checkFile(file, { ctx, mode: "0400" });
});

test("finds a missing directory", async () => {
  expect(await faultOf(checkFile(`${freshDirectory()}/a/.env`, { ctx }))).toMatchObject({ code: "NOT_FOUND" });
});

test("does the edit that will be made", async () => {
  const file = `${freshDirectory()}/db.json`;
  writeFileSync(file, "not JSON");
  const seen: (string | undefined)[] = [];
  const edit = (before: Buffer | undefined) => {
    seen.push(before?.toString());
    return Buffer.from("next");
  };
  await checkFile(file, { ctx, edit });
  await checkFile(`${file}.missing`, { ctx, edit });
  expect(seen).toEqual(["not JSON", undefined]);
});

test("refuses a validate command that would not look at the staged file", async () => {
  const fault = await faultOf(
    checkFile(`${freshDirectory()}/x`, { ctx, validate: { command: ["true"], timeout: 1000 } }),
  );
  expect(fault).toMatchObject({ code: "INVALID", message: "the validate command does not name {staged}" });
});

test("runs the validate command on the staged file before the commit, and keeps the old file when it says no", async () => {
  const directory = freshDirectory();
  const file = `${directory}/app.conf`;
  writeFileSync(file, "good\n");
  const validate = { command: ["grep", "-q", "good", "{staged}"] as const, timeout: 5000 };
  const fault = await faultOf(stageFile(file, whole("bad\n"), { ctx, validate }));
  expect(fault).toMatchObject({
    code: "FAILED",
    message: "the validate command grep refused the new content (exit code 1)",
  });
  expect(text(file)).toBe("good\n");
  expect(orphans(directory)).toEqual([]);
  await commit(await stageFile(file, whole("also good\n"), { ctx, validate }));
  expect(text(file)).toBe("also good\n");
});

test("validates what an in-place write would write", async () => {
  const directory = freshDirectory();
  writeFileSync(`${directory}/app.conf`, "good\n");
  const validate = { command: ["grep", "-q", "good", "{staged}"] as const, timeout: 5000 };
  const fault = await faultOf(stageFile(`${directory}/app.conf`, whole("bad\n"), { ctx, validate, write: "in-place" }));
  expect(fault).toMatchObject({ code: "FAILED" });
  expect(readdirSync(directory)).toEqual(["app.conf"]);
});

const append = (before: Buffer | undefined) => Buffer.from(`${before?.toString().replace("ours\n", "") ?? ""}ours\n`);

test("validates again what it merged with a human's edit", async () => {
  const file = `${freshDirectory()}/app.conf`;
  writeFileSync(file, "x\n");
  const validate = { command: ["sh", "-c", '! grep -q broken "$0"', "{staged}"] as const, timeout: 5000 };
  const prepared = await stageFile(file, append, { ctx, validate });
  writeFileSync(file, "broken\n");
  expect(await faultOf(commit(prepared))).toMatchObject({ code: "FAILED" });
  expect(text(file)).toBe("broken\n");
});

test("a validate command that hangs or is missing is not taken for a write in doubt", async () => {
  const file = `${freshDirectory()}/app.conf`;
  const hang = { command: ["sh", "-c", "exec sleep 9", "{staged}"] as const, timeout: 50 };
  const missing = { command: ["no-such-command-here", "{staged}"] as const, timeout: 50 };
  expect(await faultOf(stageFile(file, whole("x"), { ctx, validate: hang }))).toMatchObject({ code: "FAILED" });
  expect(await faultOf(stageFile(file, whole("x"), { ctx, validate: missing }))).toMatchObject({ code: "NOT_FOUND" });
});

test.skipIf(!hasGit)("warns of a target that git tracks (needs git)", async () => {
  const directory = freshDirectory();
  const git = (...words: string[]) => spawnSync("git", ["-C", directory, ...words]);
  git("init", "-q");
  mkdirSync(`${directory}/config`);
  writeFileSync(`${directory}/config/.env`, "A=1\n");
  git("add", "config/.env");
  const tools = createTools();
  await checkFile(`${directory}/config/.env`, { ctx: tools, mode: "0600" });
  expect(tools.logged).toEqual([
    {
      message: "the file is tracked by git: the next commit would publish the secret",
      fields: expect.objectContaining({ path: `${directory}/config/.env` }),
    },
  ]);
});

test.skipIf(!hasGit)(
  "warns when git would take a temporary file left beside an ignored target (needs git)",
  async () => {
    const directory = freshDirectory();
    spawnSync("git", ["-C", directory, "init", "-q"]);
    writeFileSync(`${directory}/.gitignore`, ".env\n");
    const narrow = createTools();
    await checkFile(`${directory}/.env`, { ctx: narrow });
    expect(narrow.logged.map(({ fields }) => fields?.["remedy"])).toEqual([
      expect.stringContaining("'.rotate-tmp-*' >> "),
    ]);
    writeFileSync(`${directory}/.gitignore`, ".env\n.rotate-tmp-*\n");
    const wide = createTools();
    await checkFile(`${directory}/.env`, { ctx: wide });
    expect(wide.logged).toEqual([]);
  },
);
