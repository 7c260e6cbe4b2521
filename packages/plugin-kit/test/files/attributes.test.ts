import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, readdirSync, writeFileSync } from "node:fs";
import { RotateError } from "@rotate/plugin-kit";
import { checkFile, type FileTools, stageFile, stageSet } from "@rotate/plugin-kit/files";
import { describe, expect, test } from "vitest";
import { can, commit, createTools, faultOf, freshDirectory, text, whole } from "./support.ts";

const ctx = createTools();

/** Python has the calls that Node lacks. */
function python(program: string, ...words: string[]): string | undefined {
  const { status, stdout } = spawnSync("python3", ["-c", `import os,sys\n${program}`, ...words]);
  return status === 0 ? stdout.toString().trim() : undefined;
}

const setNote = (path: string) => python("os.setxattr(sys.argv[1],'user.note',b'backed up')", path) !== undefined;
const noteOf = (path: string) => python("print(os.getxattr(sys.argv[1],'user.note').decode())", path);

function annotated(): string | undefined {
  const file = `${freshDirectory()}/.env`;
  writeFileSync(file, "old\n", { mode: 0o600 });
  return setNote(file) ? file : undefined;
}
const missing = "python3 or extended attributes are missing here";

test("the extended attributes of a target stay", async (context) => {
  const file = annotated() ?? context.skip(missing);
  await checkFile(file, { ctx });
  await commit(await stageFile(file, whole("new\n"), { ctx }));
  expect([text(file), noteOf(file)]).toEqual(["new\n", "backed up"]);
});

test("the extended attributes of files in a set stay, those of others as well", async (context) => {
  const path = `${freshDirectory()}/tls`;
  await commit(await stageSet(path, new Map([["key", Buffer.from("old")]]), { ctx }));
  writeFileSync(`${path}/theirs`, "x");
  if (![`${path}/key`, `${path}/theirs`].every(setNote)) return context.skip(missing);
  await commit(await stageSet(path, new Map([["key", Buffer.from("new")]]), { ctx }));
  expect([text(`${path}/key`), noteOf(`${path}/key`), noteOf(`${path}/theirs`)]).toEqual([
    "new",
    "backed up",
    "backed up",
  ]);
});

/** A GNU cp that may not set what the file has, as with `security.ima` and no privilege. */
const refusing: FileTools = {
  ...ctx,
  exec: async ([command, ...words], init) =>
    command === "cp" && !words.includes("--help")
      ? { exitCode: 1, stdout: "", stderr: "cp: setting attributes: Operation not permitted" }
      : ctx.exec([command, ...words], init),
};

test("attributes that cannot be kept are found before the mint, and nothing is left behind", async () => {
  const directory = freshDirectory();
  writeFileSync(`${directory}/.env`, "old\n", { mode: 0o600 });
  for (const attempt of [
    () => checkFile(`${directory}/.env`, { ctx: refusing }),
    () => stageFile(`${directory}/.env`, whole("new\n"), { ctx: refusing }),
  ]) {
    expect(await faultOf(attempt())).toMatchObject({
      code: "FAILED",
      message: `cannot keep the extended attributes of ${directory}/.env`,
      hint: expect.stringContaining("setfattr -x"),
    });
  }
  expect(readdirSync(directory)).toEqual([".env"]);
});

test("where there is no cp that keeps attributes, a file without an access list is written all the same", async () => {
  const none: FileTools = {
    ...ctx,
    exec: () => Promise.reject(new RotateError("no command cp", { code: "NOT_FOUND", retryable: false })),
  };
  const file = `${freshDirectory()}/.env`;
  writeFileSync(file, "old\n", { mode: 0o600 });
  await commit(await stageFile(file, whole("new\n"), { ctx: none }));
  expect(text(file)).toBe("new\n");
});

const writer = ["--conditions=rotate:src", new URL("writer.ts", import.meta.url).pathname];
const asNobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];

function hintFor(path: string, options: object): string {
  const words = [...asNobody, process.execPath, ...writer, path, "TOKEN", "new", JSON.stringify(options)];
  const { hint } = JSON.parse(spawnSync("setpriv", words).stdout.toString()) as { readonly hint: string };
  return hint;
}

/** A file of root's in a directory of the user's own. */
function ownFile(): string {
  const directory = freshDirectory();
  chmodSync(`${directory}/..`, 0o755);
  chownSync(directory, 65_534, 65_534);
  writeFileSync(`${directory}/.env`, "TOKEN=old\n", { mode: 0o644 });
  return `${directory}/.env`;
}

describe.skipIf(!can.root)(
  "the hint when an owner or group cannot be given (needs root to become another user)",
  () => {
    test("does not advise a `group:` where one is set and the owner is what stands in the way", () => {
      const hint = hintFor(ownFile(), { owner: "1234", group: "65534" });
      expect(hint).toContain("run rotate as uid 1234 or with CAP_CHOWN");
      expect(hint).toContain('set `owner: "65534"`');
      expect(hint).not.toContain("set `group:`");
    });

    test("does not advise an `owner:` where only the group is what stands in the way", () => {
      const file = ownFile();
      chownSync(file, 65_534, 65_534);
      const hint = hintFor(file, { group: "1234" });
      expect(hint).toContain("make the user that runs rotate (uid 65534) a member of group 1234");
      expect(hint).not.toContain("owner:");
    });

    test("leads out: what it advises works", () => {
      const file = ownFile();
      const words = [...asNobody, process.execPath, ...writer, file, "TOKEN", "new"];
      const options = JSON.stringify({ owner: "65534", group: "65534" });
      expect(spawnSync("setpriv", [...words, options]).stdout.toString()).toBe("ok");
    });
  },
);
