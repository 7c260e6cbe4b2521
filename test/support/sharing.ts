/** The test files that one process can run one after another: what they import is loaded once, which is most of what they cost. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { begunFirst } from "./slow-first.ts";
import { root } from "./workspace.ts";

/** What changes the process, or asks for what others leave in it: a file that says such a word, or whose helpers do, has a process of its own. */
const alone = new RegExp(
  [
    /\bvi\.(?!waitFor\b|waitUntil\b|fn\b|setConfig\b)/,
    /\bprocess\.(?!get[eu]?[gu]id\b|platform\b|version|hrtime\b|nextTick\b|arch\b|execPath\b|pid\b|cwd\b|kill\b|env\b|getBuiltinModule\b|argv\b|stdout\.write\()/,
    /\bprocess\.env(\.\w+|\[[^\]]+\])? *(=[^=>]|\?\?=)/,
    /\b(delete|Object\.assign\() *process\b/,
    /\bglobalThis\b|\/proc\/self|node:(worker_threads|cluster|module|v8|vm)\b|\bheapUsed\b|setGlobalDispatcher/,
  ]
    .map(({ source }) => source)
    .join("|"),
);
/** A helper that is loaded once asks for these once. */
const hooks = /^(before|after)(All|Each)\(/m;
/** Says where the package is, always the same. */
const harmless = join(root, "test/support/packed.ts");

const told = new Map<string, boolean>([[harmless, false]]);

function isAlone(file: string): boolean {
  const known = told.get(file);
  if (known !== undefined) return known;
  told.set(file, false);
  const text = readFileSync(file, "utf8");
  const helpers = [...text.matchAll(/from "(\.[^"]+\.ts)"/g)].map((match) => join(dirname(file), match[1]!));
  const isHelper = !file.endsWith(".test.ts");
  const is =
    alone.test(text) ||
    (isHelper && hooks.test(text)) ||
    helpers.filter((helper) => helper.includes("/test/")).some(isAlone);
  told.set(file, is);
  return is;
}

/** Of the files that these patterns below the checkout mean, those that share a process; not those that take longest. */
export function sharedOf(include: readonly string[], exclude: readonly string[]): string[] {
  return globSync(include, { cwd: root, exclude })
    .filter((file) => !begunFirst.includes(file) && !isAlone(join(root, file)))
    .toSorted();
}
