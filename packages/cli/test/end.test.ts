import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { folderWith } from "./support.ts";

const packageFolder = join(import.meta.dirname, "..");

/** An installed package whose `run` does this, and how three runs of it ended: the first keeps its code. */
function runThrice(main: string, files: Readonly<Record<string, string>> = {}) {
  const folder = folderWith({ "package.json": readFileSync(join(packageFolder, "package.json"), "utf8") });
  for (const name of ["rotate.js", "main.js", "kept-code.js", "package.json"]) {
    mkdirSync(join(folder, "bin"), { recursive: true });
    copyFileSync(join(packageFolder, "bin", name), join(folder, "bin", name));
  }
  for (const [name, text] of Object.entries({ "hot.cjs": `${tellsItsEnd}\n${main}`, ...files })) {
    const path = join(folder, "dist/chunks", name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, fileOf(text));
  }
  return [1, 2, 3].map(() => {
    const env = { PATH: process.env["PATH"], HOME: folder };
    const { status, stdout } = spawnSync(process.execPath, [join(folder, "bin/rotate.js"), "run"], {
      env,
      encoding: "utf8",
    });
    return `${stdout}${status}`;
  });
}

const say = `const say = (word) => process.getBuiltinModule("node:fs").writeSync(1, word + " ");`;
/** Node's own end calls it only when it is told to end. */
const tellsItsEnd = `const { reallyExit } = process;
process.reallyExit = (code) => {
  say("at-once");
  reallyExit.call(process, code);
};`;

/** As scripts/join-chunks.ts writes one. */
function fileOf(text: string): string {
  return `// 0123456789abcdef
(function (exports, require, module, __filename) {
${say}
${text}
})[typeof module === "undefined" ? "valueOf" : "apply"](undefined, typeof module === "undefined" ? [] : [exports, require, module, __filename]);
`;
}

test("a command that waits for nothing ends at once, with its exit code and what its end calls", () => {
  const ended = runThrice(`exports.main = async () => {
  process.exitCode = 4;
  process.once("exit", () => say("exit"));
  Promise.resolve().then(() => 0).then(() => 0).then(() => say("after"));
};`);
  expect(ended).toEqual(Array.from({ length: 3 }, () => "after exit at-once 4"));
});

test.each([
  ["a timer", 'setTimeout(() => say("late"), 300)'],
  ["a file", 'process.getBuiltinModule("node:fs").readFile(__filename, () => say("late"))'],
  ["what the pool of threads does", 'process.getBuiltinModule("node:zlib").gzip("text", () => say("late"))'],
  ["a child", 'process.getBuiltinModule("node:child_process").spawn("true").once("close", () => say("late"))'],
])("a command waits to the end for %s that nobody has awaited", (_, begin) => {
  const ended = runThrice(`exports.main = async () => { ${begin}; };`);
  expect(ended).toEqual(Array.from({ length: 3 }, () => "late at-once 0"));
});

test("where modules were imported one by one, Node ends by itself and keeps what it compiled of them", () => {
  const ended = runThrice(`exports.main = async () => { await module.importer("node:os"); };`);
  expect(ended).toEqual(Array.from({ length: 3 }, () => "0"));
});

function whenLoaded(work: string): string {
  return `exports.main = async (argv, { beforeWork }) => { beforeWork(() => say("begin")); ${work} };`;
}

test("what a start prepares for work waits until the work is loaded, and for nothing where nothing is due", () => {
  const due = { "due.cjs": 'say("due");' };
  expect(runThrice(whenLoaded('module.companion("./due.cjs");'), due).at(-1)).toBe("begin due at-once 0");
  expect(runThrice(whenLoaded(""), due).at(-1)).toBe("at-once 0");
});
