/** Bundles the command line with everything that it imports, in modules that are read only when they are needed. */
import { createHash } from "node:crypto";
import { globSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build, formatMessages, type Message, type Metafile, type Plugin } from "esbuild";
import { builtinModules } from "./builtin-modules.ts";
import { optional } from "./check-bundle.ts";
import { joinChunks, type Joining } from "./join-chunks.ts";
import { isNamesOnly, lazyPackages } from "./lazy-packages.ts";
import { buildPage } from "./page.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** CommonJS inside an ES module still asks for these. */
const banner = `const require = process.getBuiltinModule("node:module").createRequire(import.meta.url), __filename = import.meta.filename, __dirname = import.meta.dirname;`;

/** What esbuild says, softly, of a module that will not be in the bundle: `require` as a value (an UMD entry), or of a name made at run time. */
const leavesModulesOut = {
  "indirect-require": "warning",
  "unsupported-require-call": "warning",
  "unsupported-dynamic-import": "warning",
} as const;

/** oclif loads commands by their files, and looks for settings that we do not have. */
const loadsByFile = /node_modules\/(?:@oclif\/core|lilconfig)\//;

function mayLeaveModulesOut({ id, location }: Message): boolean {
  return id in leavesModulesOut && loadsByFile.test(location?.file ?? "");
}

/** Stands for the hash of the whole build until all of it is there. */
const buildMark = "@build@";

/** What the commands that are run every few minutes load at once; the plugins, of which they load those that a spec names; and what they load when something is due. */
const joining: Joining = {
  hot: ["src/main.ts", "src/actions/quick.ts"],
  late: [
    { from: "../builtins/src/list.ts", match: /\/plugins\// },
    { from: "src/actions/quick.ts", match: /\/credential\.ts$/ },
  ],
  due: [
    { from: "../core/src/engine/tick.ts", match: /\/work\.ts$/ },
    { from: "../core/src/local/helpers.ts", match: /\/write-file-atomic\// },
    { from: "../runtime/src/exec.ts", match: /execa/ },
  ],
  banner,
  first: `// ${buildMark}`,
};

/** A module that is asked for by its file: where it is, and what it becomes, without its ending. */
interface Entry {
  readonly in: string;
  readonly out: string;
}

/** What is published: the entry, and the commands that oclif finds by their files. */
function published(): readonly Entry[] {
  const files = globSync(["main.ts", "commands/**/*.ts", "hooks/*.ts"], { cwd: join(root, "src") });
  return files.map((file) => ({ in: join(root, "src", file), out: file.replace(/\.ts$/, "") }));
}

/** The page is in the bundle as it was made: nothing is made of sources there. */
const pageInside: Plugin = {
  name: "page-inside",
  setup(made) {
    made.onLoad({ filter: /\/views\/page-files\.ts$/ }, async () => ({
      contents: `const files = ${JSON.stringify(await buildPage())}; export async function pageFiles() { return files; }`,
      loader: "js",
    }));
  },
};

/** Where the child's side of npm plugins is, in the bundle: a folder of its own, which is all of ours that such a child reads. */
const hostFolder = "plugin-host";
const kit = JSON.parse(readFileSync(join(root, "../plugin-kit/package.json"), "utf8")) as { readonly exports: object };
const kitModules = Object.keys(kit.exports)
  .filter((name) => !name.endsWith(".json"))
  .map((name) => (name === "." ? "index" : name.slice(2)));

/** In the bundle it is found from wherever the joined modules lie. */
const hostInside: Plugin = {
  name: "host-inside",
  setup(made) {
    made.onLoad({ filter: /\/plugins\/npm\/host-files\.ts$/ }, () => ({ contents: hostFilesText, loader: "js" }));
  },
};

const hostFilesText = `
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
function folderFrom(at) {
  const folder = join(at, "${hostFolder}");
  if (existsSync(join(folder, "main.js"))) return folder;
  if (at === dirname(at)) throw new Error("the package is not whole: ${hostFolder} is not there");
  return folderFrom(dirname(at));
}
export function hostFiles() {
  const folder = folderFrom(dirname(fileURLToPath(import.meta.url)));
  const urlOf = (name) => pathToFileURL(join(folder, name + ".js")).href;
  const kit = Object.fromEntries(${JSON.stringify(kitModules)}.map((name) => ["@rotate/plugin-kit" + (name === "index" ? "" : "/" + name), urlOf(name)]));
  return { main: join(folder, "main.js"), kit, reads: [folder], flags: [] };
}`;

/** The child's side, and the kit that its plugins get: one copy of it for both. */
async function bundleHost(output: string): Promise<void> {
  const modules = kitModules.map((name) => [name, name === "index" ? "index" : `${name}/index`] as const);
  await build({
    absWorkingDir: root,
    entryPoints: [
      { in: join(root, "../core/src/plugins/host/main.ts"), out: "main" },
      ...modules.map(([out, path]) => ({ in: join(root, `../plugin-kit/src/${path}.ts`), out })),
    ],
    outdir: join(output, hostFolder),
    chunkNames: "chunk-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node22.22",
    conditions: ["rotate:src"],
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    banner: { js: banner },
    treeShaking: true,
    logLevel: "error",
  });
}

/** Writes the bundle and tells what went into which file. @param output an absolute folder */
export async function bundle(output: string, entries: readonly Entry[] = published()): Promise<Metafile> {
  const { metafile, outputFiles, warnings } = await build({
    absWorkingDir: root,
    entryPoints: [...entries],
    outdir: output,
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node22.22",
    conditions: ["rotate:src"],
    external: [...optional],
    mainFields: ["module", "main"], // `main` first, the default, takes UMD files, whose requires cannot be followed
    plugins: [pageInside, hostInside, builtinModules, lazyPackages],
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    banner: { js: banner },
    define: { ROTATE_BUILD: JSON.stringify(buildMark) },
    metafile: true,
    write: false,
    logOverride: { ...leavesModulesOut },
    logLevel: "error",
  });
  await bundleHost(output);
  const telling = warnings.filter((warning) => !mayLeaveModulesOut(warning));
  if (telling.length > 0) throw new Error((await formatMessages(telling, { kind: "error" })).join("\n"));
  const made = new Map(outputFiles.map(({ path, text }) => [relative(root, path), text]));
  const isWhole = joining.hot.every((source) => source in metafile.inputs);
  const texts = isWhole ? await joinChunks(made, metafile.outputs, joining) : made;
  const hash = createHash("sha256");
  for (const text of texts.values()) hash.update(text);
  const id = hash.digest("hex");
  for (const [path, text] of texts) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text.replaceAll(buildMark, id));
  }
  return metafile;
}

/** The folders of all third-party packages that went in, relative to this package. */
export function packagesIn({ inputs }: Metafile): readonly string[] {
  const files = Object.keys(inputs).filter((path) => !isNamesOnly(path));
  const folders = files.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []);
  return [...new Set(folders)].toSorted();
}

/** Their licences, as one text. */
export function licencesOf(metafile: Metafile): string {
  return packagesIn(metafile)
    .map(licenceOf)
    .join(`\n${"-".repeat(80)}\n\n`);
}

function licenceOf(folder: string): string {
  const path = join(root, folder);
  const { name, version, license } = JSON.parse(readFileSync(join(path, "package.json"), "utf8")) as {
    readonly name: string;
    readonly version: string;
    readonly license?: string;
  };
  const file = readdirSync(path).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? `Licence: ${license}` : readFileSync(join(path, file), "utf8").trim();
  return `${name} ${version}\n\n${text}\n`;
}
