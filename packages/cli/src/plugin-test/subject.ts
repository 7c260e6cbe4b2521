/** Which plugin is tried, and what plays the outside for it. */
import { accessSync, constants, existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join, parse, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Launch } from "@rotate/core";
import { UsageError } from "../failure.ts";

/** A plugin and its harness. */
export interface Subject {
  /** As it is shown, and as a spec beside it names it: `./acme.py`. */
  readonly name: string;
  /** Absolute. */
  readonly directory: string;
  /** How its harness is started. */
  readonly harness: Launch;
}

const page = "docs/authors/testing.md";
const isScript = /\.harness\.(?:ts|mts|js|mjs)$/;

/** @param path of a program, of a package's folder, or of a folder with programs that have a harness. Throws UsageError where there is nothing to try */
export function subjectsAt(path: string): readonly Subject[] {
  const at = resolve(path);
  if (!existsSync(at)) throw new UsageError(`there is no ${path}`, "name a plugin: rotate plugin test ./acme.py");
  if (!statSync(at).isDirectory()) return [programAt(at)];
  if (existsSync(join(at, "package.json"))) return [packageAt(at)];
  const programs = filesIn(at).filter(
    (file) => isProgram(file) && !basename(file).includes(".harness") && harnessesOf(file).length > 0,
  );
  if (programs.length > 0) return programs.map(programAt);
  const hint = "name a program, or make one with its harness: rotate plugin new acme --lang python";
  throw new UsageError(`${shown(at)} holds no program with a harness`, hint);
}

function programAt(file: string): Subject {
  const hint = `an executable ${parse(file).name}.harness beside it plays the outside: see ${page}`;
  const harness = theOnly(harnessesOf(file), { of: file, hint });
  return {
    name: `./${basename(file)}`,
    directory: dirname(file),
    harness: { file: harness, cwd: dirname(harness) },
  };
}

function packageAt(folder: string): Subject {
  const found = filesIn(join(folder, "test")).filter((file) => isScript.test(file));
  const hint = `a module test/NAME.harness.ts that exports \`harnesses\` plays the outside: see ${page}`;
  const harness = theOnly(found, { of: folder, hint });
  const script = [
    'import { serveHarnesses } from "@rotate/testkit";',
    `import { harnesses } from ${JSON.stringify(pathToFileURL(harness).href)};`,
    "await serveHarnesses(harnesses);",
  ].join("\n");
  const args = ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", script];
  return {
    name: `./${basename(folder)}`,
    directory: dirname(folder),
    harness: { file: process.execPath, args, cwd: folder },
  };
}

function theOnly(found: readonly string[], { of, hint }: { readonly of: string; readonly hint: string }): string {
  const [harness, second] = found;
  if (harness === undefined) throw new UsageError(`${shown(of)} has no harness`, hint);
  if (second === undefined) return harness;
  throw new UsageError(`${shown(of)} has two harnesses: ${basename(harness)}, ${basename(second)}`, "keep one");
}

/** Beside the program, or below `test`. Of several the one with the program's own ending. */
function harnessesOf(file: string): readonly string[] {
  const { name, ext } = parse(file);
  const begin = `${name}.harness`;
  const all = [dirname(file), join(dirname(file), "test")]
    .flatMap(filesIn)
    .filter((one) => basename(one) === begin || basename(one).startsWith(`${begin}.`))
    .filter(isProgram);
  const own = all.filter((one) => basename(one) === `${begin}${ext}`);
  return own.length > 0 ? own : all;
}

function filesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function shown(path: string): string {
  return relative(process.cwd(), path) || ".";
}
