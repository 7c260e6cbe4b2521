/** Which program is tried, and which one plays the outside for it. */
import { accessSync, constants, existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join, parse, relative, resolve } from "node:path";
import { UsageError } from "../failure.ts";

/** A program and its harness. */
export interface Subject {
  /** As it is shown, and as a spec beside it names it: `./acme.py`. */
  readonly name: string;
  /** Absolute. */
  readonly directory: string;
  /** Absolute. */
  readonly harness: string;
}

const harnessMark = /\.harness(\.|$)/;

/** @param path of a program, or of a folder with programs that have a harness. Throws UsageError where there is nothing to try */
export function subjectsAt(path: string): readonly Subject[] {
  const at = resolve(path);
  if (!existsSync(at)) throw new UsageError(`there is no ${path}`, "name the program: rotate plugin test ./acme.py");
  if (!statSync(at).isDirectory()) return [subjectOf(at)];
  const programs = readdirSync(at)
    .map((name) => join(at, name))
    .filter((file) => isProgram(file) && !harnessMark.test(basename(file)) && harnessesOf(file).length > 0);
  if (programs.length > 0) return programs.map(subjectOf);
  const hint = "name a program, or make one with its harness: rotate plugin new acme --lang python";
  throw new UsageError(`${shown(at)} holds no program with a harness`, hint);
}

function subjectOf(file: string): Subject {
  const [harness, second] = harnessesOf(file);
  if (harness === undefined)
    throw new UsageError(
      `${shown(file)} has no harness`,
      `an executable ${parse(file).name}.harness beside it plays the outside: see docs/authors/testing.md`,
    );
  if (second !== undefined)
    throw new UsageError(`${shown(file)} has two harnesses: ${basename(harness)}, ${basename(second)}`, "keep one");
  return { name: `./${basename(file)}`, directory: dirname(file), harness };
}

/** Beside the program, or below `test`. Of several the one with the program's own ending. */
function harnessesOf(file: string): readonly string[] {
  const { name, ext } = parse(file);
  const begin = `${name}.harness`;
  const all = [dirname(file), join(dirname(file), "test")]
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((one) => join(folder, one)))
    .filter((one) => basename(one) === begin || basename(one).startsWith(`${begin}.`))
    .filter(isProgram);
  const own = all.filter((one) => basename(one) === `${begin}${ext}`);
  return own.length > 0 ? own : all;
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
