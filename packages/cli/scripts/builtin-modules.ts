import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";

const sources = /\/(packages|plugins)\/[^/]+\/src\/.*\.ts$/;
const namedImport = /^import \{([^}]*)\} from "(node:[a-z_/]+)";$/gm;

/**
 * Takes Node's own modules by `process.getBuiltinModule`. An `import` of one reads every export that it has, and the getters of `node:fs` alone load
 * all streams: 11 ms of each start.
 */
export const builtinModules: Plugin = {
  name: "builtin-modules",
  setup(build) {
    build.onLoad({ filter: sources }, async ({ path }) => ({
      contents: takeBuiltins(await readFile(path, "utf8")),
      loader: "ts",
    }));
  },
};

/** The same module with its named imports of Node's modules turned into constants. @param source TypeScript, as oxfmt writes it */
function takeBuiltins(source: string): string {
  return source.replaceAll(namedImport, (_, names: string, module: string) => {
    const taken = names
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "" && !name.startsWith("type "))
      .map((name) => name.replace(" as ", ": "));
    return `const { ${taken.join(", ")} } = process.getBuiltinModule("${module}");`;
  });
}
