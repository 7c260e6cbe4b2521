import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { folderWith } from "./support.ts";

const loader = fileURLToPath(new URL("../bin/kept-code.js", import.meta.url));
const build = "0123456789abcdef";

/** As scripts/join-chunks.ts writes one. */
function fileOf(text: string, id = build): string {
  return `// ${id}\n(function (exports, require, module, __filename) {\n${text}})[typeof module === "undefined" ? "valueOf" : "apply"](undefined, typeof module === "undefined" ? [] : [exports, require, module, __filename]);\n`;
}

/** A program and a folder for its code. Each word is as long as the others: V8 tells texts of one length apart by nothing. */
function stage() {
  const folder = folderWith({
    "run.cjs": `const { loadWithCode } = require(${JSON.stringify(loader)});
const { say } = loadWithCode(__dirname + "/hot.cjs", { folder: __dirname + "/kept", command: "run", isWarm: () => process.argv[2] !== "cold" });
process.stdout.write(say());\n`,
  });
  mkdirSync(join(folder, "kept"), { mode: 0o700 });

  /** @param time the file's, so that one text can be put in the place of another */
  function write(word: string, id = build, time = 1_000): void {
    const path = join(folder, "hot.cjs");
    const called = Array.from(
      { length: 200 },
      (_, at) => `function f${at}() { return [1, ${at}].map(String); }\nf${at}();\n`,
    );
    writeFileSync(path, fileOf(`${called.join("")}exports.say = () => "${word}";\n`, id));
    utimesSync(path, time, time);
  }

  function run(...argv: readonly string[]): string {
    return execFileSync(process.execPath, [join(folder, "run.cjs"), ...argv], { encoding: "utf8" });
  }

  function kept(): string {
    const [name = "none", ...others] = readdirSync(join(folder, "kept"));
    expect(others).toEqual([]);
    return join(folder, "kept", name);
  }
  write("good");
  return { folder, write, run, kept };
}

/** Code that says `evil`, whole and of the right name, where that of `good` is expected. */
function withEvilCode() {
  const one = stage();
  one.write("evil");
  one.run();
  one.write("good");
  return one;
}

test("code is kept once a run was warm, and taken as it is by the next", () => {
  const { run, kept, folder } = stage();
  run("cold");
  expect(readdirSync(join(folder, "kept"))).toEqual([]);
  run();
  const { ino, mode } = statSync(kept());
  expect(mode & 0o777).toBe(0o600);
  expect(run()).toBe("good");
  expect(statSync(kept()).ino).toBe(ino);
});

test("what is taken is what runs: the tests below would see it", () => {
  const { run } = withEvilCode();
  expect(run()).toBe("evil");
});

describe("code is not taken", () => {
  test.each<[string, (path: string) => void]>([
    ["that others can write", (path) => chmodSync(path, 0o622)],
    ["that the group can write", (path) => chmodSync(path, 0o620)],
    [
      "behind a link",
      (path) => {
        renameSync(path, `${path}.aside`);
        symlinkSync(`${path}.aside`, path);
      },
    ],
    ["that has a second name", (path) => linkSync(path, join(path, "../../second"))],
    ["that was cut short", (path) => truncateSync(path, statSync(path).size - 4_096)],
    ["that is empty", (path) => truncateSync(path, 0)],
    [
      "with a block of zeros",
      (path) => {
        const bytes = readFileSync(path);
        const middle = bytes.length >> 1;
        writeFileSync(path, bytes.fill(0, middle, middle + 4_096));
      },
    ],
    ["that is something else", (path) => writeFileSync(path, "x".repeat(statSync(path).size))],
  ])("%s", (_, spoil) => {
    const { run, kept } = withEvilCode();
    spoil(kept());
    expect(run()).toBe("good");
  });

  test.skipIf(process.getuid?.() !== 0)("that is somebody else's", () => {
    const { run, kept } = withEvilCode();
    chownSync(kept(), 65_534, 65_534);
    expect(run()).toBe("good");
  });

  test("of another build, though its text is as long", () => {
    const { run, write } = withEvilCode();
    write("good", "fedcba9876543210");
    expect(run()).toBe("good");
  });

  test("of a file that was changed since", () => {
    const { run, write } = withEvilCode();
    write("good", build, 2_000);
    expect(run()).toBe("good");
  });
});

test("what could not be taken is made again, and what other builds left goes", () => {
  const { run, kept, write } = stage();
  run();
  truncateSync(kept(), 100);
  run();
  expect(statSync(kept()).size).toBeGreaterThan(10_000);
  const before = kept();
  write("next", "fedcba9876543210");
  expect(run()).toBe("next");
  expect(kept()).not.toBe(before);
});

test("a folder that cannot be written, or is gone, costs nothing but time", () => {
  const { run, folder } = stage();
  renameSync(join(folder, "kept"), join(folder, "elsewhere"));
  expect(run()).toBe("good");
  copyFileSync(loader, join(folder, "kept")); // a file where the folder was
  expect(run()).toBe("good");
});

test("what a program loads when there is work is kept in a file of its own, and neither disturbs the other", () => {
  const folder = folderWith({
    "run.cjs": `const { loadWithCode } = require(${JSON.stringify(loader)});
const { work } = loadWithCode(__dirname + "/hot.cjs", { folder: __dirname + "/kept", command: "run", isWarm: () => true });
process.stdout.write(process.argv[2] === "due" ? work() : "nothing");\n`,
    "hot.cjs": fileOf(`exports.work = () => module.companion("./due.cjs").work();\n`),
    "due.cjs": fileOf(`exports.work = () => "worked";\n`),
  });
  mkdirSync(join(folder, "kept"), { mode: 0o700 });
  const run = (...argv: readonly string[]): string =>
    execFileSync(process.execPath, [join(folder, "run.cjs"), ...argv], { encoding: "utf8" });
  const kept = (): readonly string[] => readdirSync(join(folder, "kept")).toSorted();
  expect(run()).toBe("nothing");
  const [idle] = kept();
  expect(kept()).toEqual([expect.stringMatching(/^run@/)]);
  expect(run("due")).toBe("worked");
  expect(kept()).toEqual([expect.stringMatching(/^run\.due@/), idle]);
  expect(run("due")).toBe("worked");
  truncateSync(join(folder, "kept", kept()[0]!), 20);
  expect(run("due")).toBe("worked");
  expect(run()).toBe("nothing");
});
