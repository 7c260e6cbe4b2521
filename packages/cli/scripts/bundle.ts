/** Bundles the command line with everything that it imports, in modules that are read only when they are needed. */
import { createHash } from "node:crypto";
import { globSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";
import { builtinModules } from "./builtin-modules.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** CommonJS inside an ES module still asks for `require`. */
const banner = `const require = process.getBuiltinModule("node:module").createRequire(import.meta.url);`;

/** Stands for the hash of the whole build until all of it is there. */
const buildMark = "@build@";

/** Writes the bundle and tells what went into which file. @param output an absolute folder */
export async function bundle(output: string): Promise<Metafile> {
  const { metafile, outputFiles } = await build({
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
    plugins: [builtinModules],
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    banner: { js: banner },
    define: { ROTATE_BUILD: JSON.stringify(buildMark) },
    metafile: true,
    write: false,
    logLevel: "warning",
  });
  const hash = createHash("sha256");
  for (const { contents } of outputFiles) hash.update(contents);
  const id = hash.digest("hex");
  for (const { path, text } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text.replaceAll(buildMark, id));
  }
  return metafile;
}

/** The licences of all packages that went in, as one text. */
export function licencesOf({ inputs }: Metafile): string {
  const folders = Object.keys(inputs).flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []);
  return [...new Set(folders)]
    .toSorted()
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
