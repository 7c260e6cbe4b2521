/**
 * Joins what a hot command loads into one CommonJS file. The bundler makes a module of whatever two others share: of forty small ones, which each start finds,
 * reads and links by itself (30 ms); and of one file the code that a command has run can be kept as it was compiled (`bin/kept-code.js`). Nothing is there twice:
 * whoever else imports a part gets it from the joined file.
 */
import { dirname, join, relative } from "node:path";
import { build, type Metafile, transform, type TransformOptions } from "esbuild";

type Outputs = Metafile["outputs"];

/** The bundle as it is before it is written: text by path, as in the metafile. */
export type Texts = ReadonlyMap<string, string>;

/** All that a source imports late, from sources that match. */
export interface LateImports {
  readonly from: string;
  readonly match: RegExp;
}

/** What is joined, by sources as in the metafile. */
export interface Joining {
  /** Evaluated when the file is loaded, with all that they load at once. What the first of them exports, the file does as well. */
  readonly hot: readonly [string, string];
  /** Each a function that is evaluated, and compiled, when it is asked for. */
  readonly late: readonly LateImports[];
  /** The same in a file of their own, of which code is kept as well: what a command loads when there is work. */
  readonly due: readonly LateImports[];
  /** What the bundler puts before each module; the joined file has the same of Node. */
  readonly banner: string;
  /** The first line of the joined file. */
  readonly first: string;
}

/** The texts with `hot.cjs` and `due.cjs` beside the chunks, and in place of each that went in a list of what it hands on. */
export async function joinChunks(texts: Texts, outputs: Outputs, joining: Joining): Promise<Texts> {
  const [main, quick] = joining.hot.map((source) => outputOf(outputs, source)) as [string, string];
  const place = join(dirname(quick), "hot.cjs");
  const eager = closureOf(outputs, [main, quick]);
  const late = [...closureOf(outputs, lateOf(outputs, joining.late))].filter((path) => !eager.has(path));
  const due = [...closureOf(outputs, lateOf(outputs, joining.due))].filter(
    (path) => !eager.has(path) && !late.includes(path),
  );
  const bare = new Map([...eager, ...late, ...due].map((path) => [path, texts.get(path)!.replace(joining.banner, "")]));
  const parts = [...eager].toSorted();
  const names = (path: string): readonly string[] => outputs[path]?.exports ?? [];
  const entry = [
    `export { main } from ${JSON.stringify(importPath(place, main))};`,
    ...parts.map(
      (path, at) =>
        `import { ${names(path)
          .map((name) => `${name} as m${at}_${name}`)
          .join(", ")} } from ${quoted(place, path)};`,
    ),
    `export const eager = {`,
    ...parts.map(
      (path, at) =>
        `${quoted(place, path)}: () => ({ ${names(path)
          .map((name) => `${name}: m${at}_${name}`)
          .join(", ")} }),`,
    ),
    `};`,
  ];
  const joined = await joinedText(entry.join("\n"), { texts: bare, place });
  async function tableOf(paths: readonly string[]): Promise<string> {
    const functions = paths
      .toSorted()
      .map(async (path) => `${quoted(place, path)}: ${await functionOf(bare.get(path)!)},`);
    return ["{", ...(await Promise.all(functions)), "}"].join("\n");
  }
  const dueNames = `const due$ = new Set(${JSON.stringify(due.map((path) => importPath(place, path)))});`;
  const whole = [head, joined, dueNames, `const late$ = ${await tableOf(late)};`, footer];
  const dueHead = "let url$, later$; exports.given = (url, later) => { url$ = url; later$ = later; };";
  const dueWhole = [`"use strict";${dueHead}`, `exports.late = ${await tableOf(due)};`];
  const stubs = [...eager, ...late, ...due].map((path) => [path, stubOf(path, names(path), place)] as const);
  return new Map([
    ...texts,
    ...stubs,
    [place, withLater(asFile(joining.first, whole))],
    [join(dirname(place), "due.cjs"), withLater(asFile(joining.first, dueWhole))],
  ]);
}

/** Where it is required, the file calls its function itself; a script that is run gives it. So whoever runs it need not copy a megabyte to put a function around it. */
function asFile(first: string, lines: readonly string[]): string {
  const isScript = 'typeof module === "undefined"';
  const given = "exports, require, module, __filename";
  const call = `})[${isScript} ? "valueOf" : "apply"](undefined, ${isScript} ? [] : [${given}]);`;
  return [first, `(function (${given}) {`, ...lines, call].join("\n");
}

/** What is asked for late may be in the files that were joined. */
function withLater(text: string): string {
  return text.replaceAll(/\bimport\(("[^"]+")\)/g, "later$$($1)");
}

function outputOf(outputs: Outputs, source: string): string {
  const found = Object.keys(outputs).find((path) => outputs[path]?.entryPoint === source);
  if (found === undefined) throw new Error(`${source} is no module of its own in the bundle`);
  return found;
}

/** What a source imports late, wherever in the bundle it is. */
function lateOf(outputs: Outputs, all: readonly LateImports[]): readonly string[] {
  return all.flatMap((one) => askedBy(outputs, one));
}

function askedBy(outputs: Outputs, { from, match }: LateImports): readonly string[] {
  const asking = Object.values(outputs).filter(({ inputs }) => from in inputs);
  const asked = asking.flatMap(({ imports }) => imports.filter(({ kind }) => kind === "dynamic-import"));
  return asked.map(({ path }) => path).filter((path) => match.test(outputs[path]?.entryPoint ?? ""));
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

/** An ES module with the exports of the part, for whoever imports it. */
function stubOf(path: string, names: readonly string[], place: string): string {
  const file = JSON.stringify(importPath(path, place));
  const whole = `process.getBuiltinModule("node:module").createRequire(import.meta.url)(${file})`;
  const lines = names.map((name, at) => `const _${at}=part.${name};export{_${at} as ${name}};`);
  return `const part=${whole}.part(${quoted(place, path)});${lines.join("")}\n`;
}

function quoted(from: string, to: string): string {
  return JSON.stringify(importPath(from, to));
}

function importPath(from: string, to: string): string {
  const path = relative(dirname(from), to);
  return path.startsWith(".") ? path : `./${path}`;
}

const form = {
  platform: "node",
  target: "node22.22",
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  logLevel: "error",
  define: { "import.meta.url": "url$" },
  logOverride: { "empty-import-meta": "error" },
} satisfies TransformOptions;

/** As strict as the modules were; it stands where they stood. */
const head = '"use strict";const url$ = require("node:url").pathToFileURL(__filename).href;';

/** The module as a function of what Node gives a CommonJS file. */
async function functionOf(text: string): Promise<string> {
  const { code } = await transform(text, { ...form, loader: "js", format: "cjs" });
  return `(module,exports,require)=>{${code}}`;
}

/**
 * `part` gives what a joined module exports; `later` is `import()` of a module beside this one. Where its code was kept a file has no `import()` of its own
 * (https://nodejs.org/api/vm.html): whoever loads it gives one, and a way to load the other file as this one was.
 */
const footer = `
const made$ = {};
function part$(path) {
  return module.exports.eager[path]?.() ?? (made$[path] ??= make$(path)).exports;
}
let rest$;
function dueParts$() {
  if (rest$ === undefined) {
    rest$ = (module.companion ?? require)("./due.cjs");
    rest$.given(url$, later$);
  }
  return rest$.late;
}
function make$(path) {
  const own = { exports: {} };
  (due$.has(path) ? dueParts$() : late$)[path](own, own.exports, (asked) => (isPart$(asked) ? part$(asked) : require(asked)));
  return own;
}
function isPart$(path) {
  return path in late$ || due$.has(path) || path in module.exports.eager;
}
async function later$(path) {
  if (isPart$(path)) return part$(path);
  return module.importer === undefined ? import(path) : module.importer(path);
}
module.exports.part = part$;`;

interface Source {
  /** What is joined. */
  readonly texts: Texts;
  readonly place: string;
}

/** Bundles the modules again, from memory; what is not among them stays an import. */
async function joinedText(entry: string, { texts, place }: Source): Promise<string> {
  const folder = dirname(place);
  const { outputFiles } = await build({
    ...form,
    stdin: { contents: entry, resolveDir: "/", loader: "js" },
    bundle: true,
    write: false,
    format: "cjs",
    plugins: [
      {
        name: "from-memory",
        setup(made) {
          made.onResolve({ filter: /^\.{1,2}\// }, ({ path, kind, importer, namespace }) => {
            const target = join(namespace === "chunk" ? dirname(importer) : folder, path);
            if (kind === "import-statement" && texts.has(target)) return { path: target, namespace: "chunk" };
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
  return outputFiles[0]?.text ?? "";
}
