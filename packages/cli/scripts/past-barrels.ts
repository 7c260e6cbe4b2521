/**
 * Leads an import of one of our packages to the file that has what is taken. The bundler puts a module where all go that import the package's list of exports, whichever
 * of them they take: each command would load what any of them needs.
 */
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));

interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, { readonly "rotate:src"?: string } | string>>;
}

/** The source behind each specifier of our packages, absolute. */
const lists = new Map(globSync("packages/*/package.json", { cwd: root }).flatMap(entriesOf));

function entriesOf(path: string): readonly (readonly [string, string])[] {
  const { name, exports = {} } = JSON.parse(readFileSync(join(root, path), "utf8")) as Manifest;
  return Object.entries(exports).flatMap(([at, target]) => {
    const source = typeof target === "string" ? undefined : target["rotate:src"];
    return source === undefined ? [] : [[join(name, at), join(root, dirname(path), source)] as const];
  });
}

const imported = /^import \{([^}]*)\} from "(@rotate\/[^"]+)";$/gm;
const handedOn = /^export \{([^}]*)\} from "([^"]+)";$/gm;
const allOf = /^export \* from "([^"]+)";$/gm;
const declared = /^export (?:async )?(?:function|const|class) (\w+)/gm;

const known = new Map<string, ReadonlyMap<string, string>>();

/** What a file exports, without types: the file that declares it, and its name there (`file\nname`). */
function exportsOf(file: string): ReadonlyMap<string, string> {
  const found = known.get(file) ?? findExports(file);
  known.set(file, found);
  return found;
}

function findExports(file: string): ReadonlyMap<string, string> {
  const text = readFileSync(file, "utf8");
  const target = (path: string): string => lists.get(path) ?? join(dirname(file), path);
  return new Map([
    ...[...text.matchAll(allOf)].flatMap(([, path]) => [...exportsOf(target(path!))]),
    ...[...text.matchAll(declared)].map(([, name]) => [name!, `${file}\n${name}`] as const),
    ...[...text.matchAll(handedOn)].flatMap(([, names, path]) =>
      namesIn(names!).map(
        ([theirs, ours]) => [ours, exportsOf(target(path!)).get(theirs) ?? `${target(path!)}\n${theirs}`] as const,
      ),
    ),
  ]);
}

/** `a, b as c, type D` as pairs of what it is called there and here. */
function namesIn(list: string): readonly (readonly [string, string])[] {
  const names = list.split(",").map((name) => name.trim());
  return names
    .filter((name) => name !== "" && !name.startsWith("type "))
    .map((name) => {
      const [theirs = "", ours = theirs] = name.split(" as ");
      return [theirs, ours];
    });
}

/** The same module with its imports from lists of exports in place of those lists. @param source TypeScript, as oxfmt writes it */
export function pastBarrels(source: string): string {
  return source.replaceAll(imported, (_, names: string, from: string) => {
    const list = lists.get(from);
    return namesIn(names)
      .map(([theirs, ours]) => {
        const [file = from, name = theirs] = (list && exportsOf(list).get(theirs))?.split("\n") ?? [];
        return `import { ${name} as ${ours} } from ${JSON.stringify(file)};`;
      })
      .join(" ");
  });
}
