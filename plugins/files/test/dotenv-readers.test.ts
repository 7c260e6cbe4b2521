import { spawnSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseEnv } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { editDotenv, readDotenv } from "../src/dotenv-edit.ts";
import { freshDirectory } from "./support.ts";

type Texts = Readonly<Record<string, string>>;

/** How a real reader takes the file at a path: all variables that it finds. */
interface Reader {
  readonly name: string;
  readonly missing: string | false;
  readonly readAll: (paths: readonly string[]) => readonly Texts[];
}

const hasPython = spawnSync("python3", ["-c", "import dotenv"]).status === 0;

/** Prints each file's variables as JSON: those that were not there before. */
const python = `
import json, sys, dotenv
print(json.dumps([dotenv.dotenv_values(path) for path in sys.argv[1:]]))
`;
/** The same by a real shell: in a subshell each, NUL after each variable, two after each file. */
const shell = `
for path; do
  ( set -a; . "$path"; exec env -0 ); printf '\\0'
done
`;
const inherited = new Set(["PWD", "OLDPWD", "SHLVL", "_", "PATH"]);

function byShell(command: string, paths: readonly string[]): readonly Texts[] {
  const { stdout, status, stderr } = spawnSync(command, [...noStartFiles(command), "-c", shell, command, ...paths], {
    env: { PATH: process.env["PATH"] },
    cwd: dirname(paths[0] ?? ""),
  });
  if (status !== 0 || stderr.length > 0) throw new Error(`${command} did not read the file: ${stderr.toString()}`);
  const blocks = stdout.toString().split("\0\0").slice(0, -1);
  return blocks.map((block) =>
    Object.fromEntries(
      block
        .split("\0")
        .filter((pair) => !inherited.has(pair.split("=")[0] ?? ""))
        .map(pairOf),
    ),
  );
}

function noStartFiles(command: string): readonly string[] {
  return command === "bash" ? ["--norc", "--noprofile"] : [];
}

function pairOf(pair: string): readonly [string, string] {
  return [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
}

const node =
  "console.log(JSON.stringify(process.argv.slice(1).map((p) => { const before = new Set(Object.keys(process.env)); process.loadEnvFile(p); const all = Object.entries(process.env).filter(([k]) => !before.has(k)); for (const [k] of all) delete process.env[k]; return Object.fromEntries(all); })))";

const readers: readonly Reader[] = [
  {
    name: "node --env-file",
    missing: false,
    readAll: (paths) => JSON.parse(spawnSync(process.execPath, ["-e", node, ...paths]).stdout.toString()) as Texts[],
  },
  { name: "sh", missing: false, readAll: (paths) => byShell("sh", paths) },
  {
    name: "bash",
    missing: spawnSync("bash", ["-c", "true"]).status !== 0 && "bash is not installed",
    readAll: (paths) => byShell("bash", paths),
  },
  {
    name: "python-dotenv",
    missing: !hasPython && "python-dotenv is not installed",
    readAll: (paths) => JSON.parse(spawnSync("python3", ["-c", python, ...paths]).stdout.toString()) as Texts[],
  },
];

/** Values that look like credentials, and values that look like attacks. */
const value = fc.oneof(
  { weight: 3, arbitrary: fc.stringMatching(/^[A-Za-z0-9_@%+=:,./-]{1,60}$/) },
  { weight: 3, arbitrary: fc.string({ unit: "grapheme-ascii", maxLength: 30 }) },
  { weight: 2, arbitrary: fc.string({ unit: "grapheme", maxLength: 20 }) },
  fc.constantFrom(
    "",
    " ",
    " x ",
    "#",
    "a #b",
    "$(touch pwned)",
    "`touch pwned`",
    "x; touch pwned",
    "a && b",
    "~",
    "*",
    "!!",
    '"',
    "\t",
    "a=b",
    "${A}",
    "\u2028x",
  ),
);

function written(text: string): Buffer | undefined {
  try {
    return editDotenv(Buffer.from("# comment\nexport BEFORE='x y'\n"), { TOKEN: text, AFTER: "1" }, "shell");
  } catch {
    return undefined; // refused: nothing is written, so nothing can be read wrongly
  }
}

test.for(readers)("$name reads what was written, no other key, and starts nothing", ({ missing, readAll }, context) => {
  if (missing !== false) context.skip(missing);
  const directory = freshDirectory();
  const texts = fc.sample(value, { numRuns: 400, seed: 8_2026 });
  const cases = texts.flatMap((text, index) => {
    const bytes = written(text);
    if (bytes === undefined) return [];
    const path = `${directory}/${index}.env`;
    writeFileSync(path, bytes);
    return [{ text, path }];
  });
  expect(cases.length).toBeGreaterThan(150);
  const found = readAll(cases.map(({ path }) => path));
  expect(found).toEqual(cases.map(({ text }) => ({ BEFORE: "x y", TOKEN: text, AFTER: "1" })));
  expect(readdirSync(directory)).not.toContain("pwned");
});

test("what is written is read back by ourselves and by Node's parser", () => {
  fc.assert(
    fc.property(value, (text) => {
      const bytes = written(text);
      if (bytes === undefined) return;
      expect(readDotenv(bytes, ["TOKEN"], "shell")).toEqual({ TOKEN: text });
      expect({ ...parseEnv(bytes.toString()) }).toEqual({ BEFORE: "x y", TOKEN: text, AFTER: "1" });
    }),
    { numRuns: 3000 },
  );
});

/** docker/cli, pkg/kvfile: no quotes, no escapes, one line each. */
function byDocker(text: string): Texts {
  const lines = text.split("\n").map((each) => each.trimStart());
  return Object.fromEntries(lines.filter((each) => each !== "" && !each.startsWith("#")).map(pairOf));
}

test("dialect docker: what is written is what docker's own rules read", () => {
  fc.assert(
    fc.property(value, (text) => {
      const bytes = dockerWritten(text);
      if (bytes === undefined) return;
      expect(byDocker(bytes.toString())).toEqual({ A: "'1'", TOKEN: text });
      expect(readDotenv(bytes, ["TOKEN"], "docker")).toEqual({ TOKEN: text });
    }),
    { numRuns: 1000 },
  );
});

function dockerWritten(text: string): Buffer | undefined {
  try {
    return editDotenv(Buffer.from("A='1'\n"), { TOKEN: text }, "docker");
  } catch {
    return undefined; // a line feed or control character
  }
}
