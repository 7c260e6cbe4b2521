import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";
import { pastBarrels } from "./past-barrels.ts";

const sources = /\/(packages|plugins)\/[^/]+\/src\/.*\.ts$/;
/** Their functions are called late, if at all, and loading them costs a millisecond or more each: they are taken at the first call. */
const late = new Set([
  "node:child_process",
  "node:crypto",
  "node:dgram",
  "node:dns/promises",
  "node:fs/promises",
  "node:http",
  "node:https",
  "node:net",
  "node:readline",
  "node:readline/promises",
  "node:stream/consumers",
  "node:stream/promises",
  "node:timers/promises",
  "node:tls",
  "node:zlib",
]);

const namedImport = /^import \{([^}]*)\} from "(node:[a-z_/]+)";$/gm;
const lateImport = /\bawait import\("(node:[a-z_/]+)"\)/g;

/**
 * Takes Node's own modules by `process.getBuiltinModule`. An `import` of one reads every export that it has, and the getters of `node:fs` alone load
 * all streams: 11 ms of each start, those of `node:http` a second HTTP client: 8 MB. Imports of our own packages lead past their lists of exports.
 */
export const builtinModules: Plugin = {
  name: "builtin-modules",
  setup(build) {
    build.onLoad({ filter: sources }, async ({ path }) => ({
      contents: takeBuiltins(pastBarrels(await readFile(path, "utf8"))),
      loader: "ts",
    }));
  },
};

/** The same module with its named imports of Node's modules turned into constants, and those at the moment of use into the same. @param source TypeScript, as oxfmt writes it */
function takeBuiltins(source: string): string {
  const withLate = source.replaceAll(lateImport, (_, module: string) => `process.getBuiltinModule("${module}")`);
  return withLate.replaceAll(namedImport, (_, names: string, module: string) => {
    const taken = names
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "" && !name.startsWith("type "));
    return late.has(module) ? takenLate(taken, module) : takenNow(taken, module);
  });
}

function takenNow(names: readonly string[], module: string): string {
  return `const { ${names.map((name) => name.replace(" as ", ": ")).join(", ")} } = process.getBuiltinModule("${module}");`;
}

/** Functions stand for themselves, and so do tables of constants; a class, whose name begins with a capital, has to be the class. */
function takenLate(names: readonly string[], module: string): string {
  const taken = `process.getBuiltinModule("${module}")`;
  return names
    .map((name) => {
      const [theirs = "", ours = theirs] = name.split(" as ");
      if (theirs === "constants")
        return `const ${ours} = new Proxy({}, { get: (_, name) => ${taken}.constants[name] });`;
      return /^[a-z]/.test(theirs)
        ? `const ${ours} = (...given) => ${taken}.${theirs}(...given);`
        : `const { ${theirs}: ${ours} } = ${taken};`;
    })
    .join(" ");
}
