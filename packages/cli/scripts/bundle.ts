/** Builds what is published: the command line with everything that it imports, in modules that are read only when they are needed. */
import { cpSync, existsSync, globSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const output = join(root, "dist");

/** CommonJS inside an ES module still asks for `require`. */
const banner = `import { createRequire as rotateRequire } from "node:module"; const require = rotateRequire(import.meta.url);`;

async function bundle(): Promise<readonly string[]> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: globSync(["src/main.ts", "src/commands/**/*.ts", "src/hooks/*.ts"], { cwd: root }),
    outdir: output,
    outbase: "src",
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node22.22",
    conditions: ["rotate:src"],
    external: ["pg-native"],
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    banner: { js: banner },
    metafile: true,
    logLevel: "warning",
  });
  return Object.keys(metafile.inputs);
}

/** The folders of the packages that went in, from the files that went in. */
function packagesOf(inputs: readonly string[]): readonly string[] {
  const folders = inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []);
  return [...new Set(folders)].toSorted();
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

rmSync(output, { recursive: true, force: true });
const inputs = await bundle();
writeFileSync(
  join(output, "LICENSES.txt"),
  packagesOf(inputs)
    .map(licenceOf)
    .join(`\n${"-".repeat(80)}\n\n`),
);

const schemas = join(dirname(dirname(root)), "schemas");
if (existsSync(schemas)) cpSync(schemas, join(root, basename(schemas)), { recursive: true });
