/** Puts old faults back, one at a time, in a copy of the tree, and runs the test that must turn red. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { OldFault } from "./old-faults.ts";

const root = resolve(import.meta.dirname, "../..");
const modules = "node_modules";

/** Of one run of one test. */
export type Colour = "red" | "green" | "not run";

/** Calls `use` with a copy of all that is tracked, whose packages import one another from the copy. */
export function withCopyOfTree<T>(use: (copy: string) => T): T {
  const copy = mkdtempSync(join(tmpdir(), "rotate-faults-"));
  // Some tests run what is in it as another user.
  chmodSync(copy, 0o755);
  try {
    for (const path of git(root, "ls-files", "-co", "--exclude-standard", "-z").split("\0")) {
      if (path !== "" && existsSync(join(root, path)))
        cpSync(join(root, path), join(copy, path), { recursive: true, verbatimSymlinks: true });
    }
    // What packs the command line asks git for the sources.
    git(copy, "init", "--quiet");
    linkModules(copy);
    return use(copy);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function git(cwd: string, ...argv: readonly string[]): string {
  const { stdout, status, stderr } = spawnSync("git", argv, { cwd, encoding: "utf8", maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(`git ${argv[0]}: ${stderr}`);
  return stdout;
}

/** Third parties from the checkout, our own packages from the copy. */
function linkModules(copy: string): void {
  const own = "@rotate";
  mkdirSync(join(copy, modules, own), { recursive: true });
  for (const name of readdirSync(join(root, modules)).filter((entry) => entry !== own && entry !== ".cache"))
    symlinkSync(join(root, modules, name), join(copy, modules, name));
  for (const name of readdirSync(join(root, modules, own)))
    symlinkSync(readlinkSync(join(root, modules, own, name)), join(copy, modules, own, name));
}

/** Puts a fault back. Throws when its text is not there exactly once: then the fault has to be put back in another way. */
export function putBack(copy: string, { edits }: OldFault): void {
  for (const { file, from, to } of edits) {
    const before = readFileSync(join(copy, file), "utf8");
    const count = before.split(from).length - 1;
    if (count !== 1) throw new Error(`${file} holds this ${count} times: ${from}`);
    writeFileSync(
      join(copy, file),
      before.replace(from, () => to),
    );
  }
}

/** The files as they were. */
export function mend(copy: string, { edits }: OldFault): void {
  for (const { file } of edits) cpSync(join(root, file), join(copy, file));
}

/** Runs the test. Red: it failed itself; a file that cannot be loaded runs no test. */
export function colourOf(copy: string, { red: { file, test, unpacked } }: OldFault): Colour {
  const report = join(copy, modules, ".report/vitest.json");
  mkdirSync(dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const { ROTATE_TEST_PACKAGE: _, ...others } = process.env;
  const env = unpacked === true ? { ...others, ROTATE_TEST_PACKAGE: copy } : others;
  const name = test.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const argv = ["run", file, "-t", name, "--reporter=json", `--outputFile=${report}`];
  spawnSync(process.execPath, [join(copy, modules, "vitest/vitest.mjs"), ...argv], { cwd: copy, env });
  if (!existsSync(report)) return "not run";
  const told = JSON.parse(readFileSync(report, "utf8")) as {
    readonly testResults: readonly { readonly assertionResults: readonly { readonly status: string }[] }[];
  };
  const states = told.testResults.flatMap(({ assertionResults }) => assertionResults.map(({ status }) => status));
  if (states.includes("failed")) return "red";
  return states.includes("passed") ? "green" : "not run";
}
