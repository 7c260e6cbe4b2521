/** The test files that one process can run one after another: what they import is loaded once, which is most of what they cost. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./workspace.ts";

/** What changes, asks or outlives the process: a file that says such a word, or whose helpers do, has a process of its own. */
const alone =
  /\bvi\.(?!waitFor|waitUntil|fn\b)|\bprocess\.(?!getuid|platform|version|hrtime|nextTick|arch)|\bglobalThis\b|\/proc\/|node:(child_process|worker_threads|cluster|net|http|https|tls|dns|module|v8|vm|sqlite)\b|\bimport\(|@rotate\/doubles|performance\.|memory/;

const told = new Map<string, boolean>();

function isAlone(file: string): boolean {
  const known = told.get(file);
  if (known !== undefined) return known;
  told.set(file, false);
  const text = readFileSync(file, "utf8");
  const helpers = [...text.matchAll(/from "(\.[^"]+\.ts)"/g)].map((match) => join(dirname(file), match[1]!));
  const is = alone.test(text) || helpers.filter((helper) => helper.includes("/test/")).some(isAlone);
  told.set(file, is);
  return is;
}

/** Below the checkout, of the packages and plugins. */
export const shared: readonly string[] = globSync("{packages,plugins}/*/test/**/*.test.ts", { cwd: root })
  .filter((file) => !file.startsWith("packages/cli/") && !isAlone(join(root, file)))
  .toSorted();
