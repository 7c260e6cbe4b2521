/**
 * Joins what a hot command loads into one module. The bundler makes a module of whatever two others share: of forty small ones, which each start finds, reads and links by
 * itself (30 ms). Nothing is there twice: whoever else imports one of them gets it from the joined one.
 */
import { dirname, join, relative } from "node:path";
import { build, type Metafile } from "esbuild";

type Outputs = Metafile["outputs"];

/** The bundle as it is before it is written: text by path, as in the metafile. */
export type Texts = ReadonlyMap<string, string>;

/** Which modules are joined: all that `hot` loads at once, but for what `early` has loaded before. Both are sources, as in the metafile. */
export interface Joining {
  readonly hot: string;
  readonly early: string;
}

/** The texts with a module `hot.js` beside the chunks, and in place of each that went in a list of what it hands on. */
export async function joinChunks(texts: Texts, outputs: Outputs, { hot, early }: Joining): Promise<Texts> {
  const first = outputOf(outputs, hot);
  const before = closureOf(outputs, outputOf(outputs, early));
  const joined = [...closureOf(outputs, first)].filter((path) => !before.has(path)).toSorted();
  const place = join(dirname(first), "hot.js");
  const names = new Map(
    joined.map((path, at) => [path, namesOf(outputs, path).map((name) => [name, `m${at}_${name}`] as const)]),
  );
  const entry = joined.map((path) => exporting(names.get(path)!, importPath(place, path))).join("\n");
  const made = await joinedText(entry, { texts, joined: new Set(joined), place });
  const stubs = joined.map((path) => [path, stubOf(names.get(path)!, importPath(path, place))] as const);
  return new Map([...texts, ...stubs, [place, made]]);
}

function outputOf(outputs: Outputs, source: string): string {
  const found = Object.keys(outputs).find((path) => outputs[path]?.entryPoint === source);
  if (found === undefined) throw new Error(`${source} is no module of its own in the bundle`);
  return found;
}

/** A module and all that it imports at once. */
function closureOf(outputs: Outputs, first: string): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    for (const { path: next, kind, external } of outputs[path]?.imports ?? [])
      if (kind === "import-statement" && external !== true) visit(next);
  };
  visit(first);
  return found;
}

function namesOf(outputs: Outputs, path: string): readonly string[] {
  return outputs[path]?.exports ?? [];
}

type Renamed = readonly (readonly [name: string, as: string])[];

function exporting(names: Renamed, from: string): string {
  const list = names.map(([name, as]) => `${name} as ${as}`).join(", ");
  return names.length === 0 ? `import ${JSON.stringify(from)};` : `export { ${list} } from ${JSON.stringify(from)};`;
}

function stubOf(names: Renamed, from: string): string {
  return exporting(
    names.map(([name, as]) => [as, name] as const),
    from,
  );
}

function importPath(from: string, to: string): string {
  const path = relative(dirname(from), to);
  return path.startsWith(".") ? path : `./${path}`;
}

interface Parts {
  readonly texts: Texts;
  readonly joined: ReadonlySet<string>;
  readonly place: string;
}

/** Bundles the modules again, from memory; what is not among them stays an import. */
async function joinedText(entry: string, { texts, joined, place }: Parts): Promise<string> {
  const folder = dirname(place);
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: "/", loader: "js" },
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node22.22",
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    logLevel: "error",
    plugins: [
      {
        name: "from-memory",
        setup(made) {
          made.onResolve({ filter: /^\.{1,2}\// }, ({ path, kind, importer, namespace }) => {
            const target = join(namespace === "chunk" ? dirname(importer) : folder, path);
            if (kind === "import-statement" && joined.has(target)) return { path: target, namespace: "chunk" };
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
