/** Makes what `rotate watch` shows a browser: one script of `page/main.ts` and the words of the command line, and the files beside it. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

const folder = new URL("../page/", import.meta.url);
const files = ["index.html", "style.css", "icon-bad.svg", "icon-idle.svg", "icon-ok.svg", "icon-warn.svg"];

/** The text of each file, by its name. */
export async function buildPage(): Promise<Readonly<Record<string, string>>> {
  const texts = files.map((name) => [name, readFileSync(new URL(name, folder), "utf8")] as const);
  return { ...Object.fromEntries(texts), "page.js": await script() };
}

/** The words reach nothing of others: it is left out. */
const othersOutside: Plugin = {
  name: "others-outside",
  setup(made) {
    made.onResolve({ filter: /^[^.]/ }, ({ path, kind }) =>
      kind === "entry-point" || path.startsWith("@rotate/") ? undefined : { path, external: true, sideEffects: false },
    );
  },
};

async function script(): Promise<string> {
  const { outputFiles, metafile } = await build({
    entryPoints: [fileURLToPath(new URL("main.ts", folder))],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2024",
    conditions: ["rotate:src"],
    plugins: [othersOutside],
    minify: true,
    charset: "utf8",
    legalComments: "none",
    metafile: true,
    logLevel: "error",
  });
  const asked = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  if (asked.length > 0) throw new Error(`the page asks for ${asked.join(", ")}`);
  return outputFiles[0]?.text ?? "";
}
