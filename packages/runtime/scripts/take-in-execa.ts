/** Puts execa, which brings seventeen packages, into the published package as one module: whoever tests a plugin installs ours and nothing else. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { licencesOf } from "../../cli/scripts/bundle.ts";

const dist = join(import.meta.dirname, "../dist");

const { metafile } = await build({
  absWorkingDir: join(import.meta.dirname, "../../cli"), // where the licences are looked for from
  entryPoints: [join(import.meta.dirname, "../src/execa.ts")],
  outfile: join(dist, "execa.js"),
  allowOverwrite: true,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node22.22",
  conditions: ["rotate:src"],
  minify: true,
  legalComments: "none",
  banner: { js: 'const require = process.getBuiltinModule("node:module").createRequire(import.meta.url);' },
  metafile: true,
  logLevel: "error",
});
rmSync(join(dist, "execa.d.ts")); // no published type names it
writeFileSync(join(dist, "LICENSES.txt"), licencesOf(metafile));
