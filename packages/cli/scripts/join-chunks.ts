/**
 * Joins what a hot command loads into one CommonJS file. The bundler makes a module of whatever two others share: of forty small ones, which each start finds,
 * reads and links by itself (30 ms); and of one file the code that a command has run can be kept as it was compiled (`bin/main.js`). Nothing is there twice: whoever
 * else imports a part gets it from the joined file.
 */
import { dirname, join, relative } from "node:path";
import { build, type Metafile } from "esbuild";

type Outputs = Metafile["outputs"];

/** The bundle as it is before it is written: text by path, as in the metafile. */
export type Texts = ReadonlyMap<string, string>;

/** What is joined, by sources as in the metafile. */
export interface Joining {
  /** Evaluated when the file is loaded, with all that they load at once. What the first of them exports, the file does as well. */
  readonly hot: readonly [string, string];
  /** Evaluated when they are asked for: all that this source imports late, from sources that match. */
  readonly late: { readonly from: string; readonly match: RegExp };
  /** What the bundler puts before each module; the joined file has the same of Node. */
  readonly banner: string;
  /** The first line of the joined file. */
  readonly first: string;
}

/** A chunk that goes in, with its exports by the names that the joined file gives them. */
interface Part {
  readonly path: string;
  readonly isLate: boolean;
  readonly names: readonly (readonly [name: string, as: string])[];
}

/** The texts with `hot.cjs` beside the chunks, and in place of each that went in a list of what it hands on. */
export async function joinChunks(texts: Texts, outputs: Outputs, joining: Joining): Promise<Texts> {
  const eager = closureOf(outputs, joining.hot.map((source) => outputOf(outputs, source)));
  const late = lateOf(outputs, joining.late);
  const others = [...closureOf(outputs, late)].filter((path) => !eager.has(path) && !late.includes(path));
  const parts = [...eager, ...others, ...late].toSorted().map((path, at): Part => {
    const names = (outputs[path]?.exports ?? []).map((name) => [name, `m${at}_${name}`] as const);
    return { path, isLate: !eager.has(path), names };
  });
  const main = outputOf(outputs, joining.hot[0]);
  const place = join(dirname(outputOf(outputs, joining.hot[1])), "hot.cjs");
  const entry = [`export * from ${JSON.stringify(importPath(place, main))};`, ...parts.map((part, at) => handOn(part, at, place))];
  const bare = new Map(parts.map(({ path }) => [path, texts.get(path)!.replace(joining.banner, "")]));
  const made = await joinedText(entry.join("\n"), { texts: bare, place, first: joining.first });
  const stubs = parts.map((part, at) => [part.path, stubOf(part, at, place)] as const);
  return new Map([...texts, ...stubs, [place, made]]);
}

function outputOf(outputs: Outputs, source: string): string {
  const found = Object.keys(outputs).find((path) => outputs[path]?.entryPoint === source);
  if (found === undefined) throw new Error(`${source} is no module of its own in the bundle`);
  return found;
}

/** What a source imports late, wherever in the bundle it is. */
function lateOf(outputs: Outputs, { from, match }: Joining["late"]): readonly string[] {
  const asking = Object.values(outputs).filter(({ inputs }) => from in inputs);
  const asked = asking.flatMap(({ imports }) => imports.filter(({ kind }) => kind === "dynamic-import"));
  const paths = asked.map(({ path }) => path).filter((path) => match.test(outputs[path]?.entryPoint ?? ""));
  return [...new Set(paths)];
}

/** Modules and all that they import at once. */
function closureOf(outputs: Outputs, first: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    for (const { path: next, kind, external } of outputs[path]?.imports ?? [])
      if (kind === "import-statement" && external !== true) visit(next);
  };
  first.forEach(visit);
  return found;
}

/** What the joined file exports of a part: its names, or a function that evaluates it and gives them. */
function handOn({ path, isLate, names }: Part, at: number, place: string): string {
  const from = JSON.stringify(importPath(place, path));
  if (isLate) return `export const m${at} = () => require(${from});`;
  const list = names.map(([name, as]) => `${name} as ${as}`).join(", ");
  return names.length === 0 ? `import ${from};` : `export { ${list} } from ${from};`;
}

/** An ES module with the exports of the part, for whoever imports it. */
function stubOf({ path, isLate, names }: Part, at: number, place: string): string {
  const file = JSON.stringify(importPath(path, place));
  const whole = `process.getBuiltinModule("node:module").createRequire(import.meta.url)(${file})`;
  const lines = names.map(
    ([name, as], index) => `const _${index}=hot.${isLate ? name : as};export{_${index} as ${name}};`,
  );
  return `const hot=${whole}${isLate ? `.m${at}()` : ""};${lines.join("")}\n`;
}

function importPath(from: string, to: string): string {
  const path = relative(dirname(from), to);
  return path.startsWith(".") ? path : `./${path}`;
}

interface Source {
  /** What is joined. */
  readonly texts: Texts;
  readonly place: string;
  readonly first: string;
}

/** Where the code was kept there is no `import()` (https://nodejs.org/api/vm.html): whoever loads the file gives one. */
const later = "const later=module.importer??(path=>import(path));";

/** Bundles the modules again, from memory; what is not among them stays an import. */
async function joinedText(entry: string, { texts, place, first }: Source): Promise<string> {
  const folder = dirname(place);
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: "/", loader: "js" },
    bundle: true,
    write: false,
    format: "cjs",
    platform: "node",
    target: "node22.22",
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    logLevel: "error",
    logOverride: { "empty-import-meta": "error" },
    banner: { js: `${first}\n${later}` },
    plugins: [
      {
        name: "from-memory",
        setup(made) {
          made.onResolve({ filter: /^\.{1,2}\// }, ({ path, importer, namespace }) => {
            const target = join(namespace === "chunk" ? dirname(importer) : folder, path);
            if (texts.has(target)) return { path: target, namespace: "chunk" };
            return { path: importPath(place, target), external: true };
          });
          made.onLoad({ filter: /./, namespace: "chunk" }, ({ path }) => ({
            contents: texts.get(path) ?? "",
            loader: "js",
          }));
        },
      },
    ],
  });
  const [made] = outputFiles;
  return (made?.text ?? "").replaceAll(/\bimport\(("[^"]+")\)/g, "later($1)");
}
