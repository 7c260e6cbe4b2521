import { pathToFileURL } from "node:url";
import type { OnLoadArgs, OnLoadResult, OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from "esbuild";

const namespace = "lazy-package";
const inPackage = /[\\/]node_modules[\\/]/;
/** Node adds this name to what it imports from CommonJS: the whole of `module.exports`. */
export const commonJsMark = "module.exports";

/**
 * Gives a CommonJS package behind `await import()` the names that Node gives it. esbuild gives it `default` alone: which names `module.exports` gets is known only
 * when it runs. So it is run here, and its names are written out.
 */
export const lazyPackages: Plugin = {
  name: "lazy-packages",
  setup(build) {
    build.onResolve({ filter: /./ }, (args) => resolveLazily(build, args));
    build.onLoad({ filter: /./, namespace }, loadNamed);
  },
};

/** Is this input of a metafile such a list of names? The package itself is another input. */
export function isNamesOnly(path: string): boolean {
  return path.startsWith(`${namespace}:`);
}

/** The file behind an input of a metafile. */
export function fileOf(path: string): string {
  return isNamesOnly(path) ? path.slice(namespace.length + 1) : path;
}

async function resolveLazily(build: PluginBuild, args: OnResolveArgs): Promise<OnResolveResult | undefined> {
  const { path, kind, importer, resolveDir, pluginData } = args;
  if (kind !== "dynamic-import" || pluginData === namespace) return undefined;
  const found = await build.resolve(path, { kind, importer, resolveDir, pluginData: namespace });
  if (found.errors.length > 0 || found.external || !inPackage.test(found.path)) return undefined;
  const names = await namesOf(found.path);
  return names.includes(commonJsMark) ? { path: found.path, namespace, pluginData: names } : undefined;
}

/** The names that a module exports to an `import` of Node's. @param path absolute */
export async function namesOf(path: string): Promise<readonly string[]> {
  return Object.keys(await import(pathToFileURL(path).href));
}

function loadNamed({ path, pluginData }: OnLoadArgs): OnLoadResult {
  const names = (pluginData as readonly string[]).filter((name) => name !== "default" && name !== commonJsMark);
  const lines = names.map(
    (name, index) =>
      `const _${index} = whole[${JSON.stringify(name)}]; export { _${index} as ${JSON.stringify(name)} };`,
  );
  const contents = [`const whole = require(${JSON.stringify(path)});`, "export default whole;", ...lines].join("\n");
  return { contents, loader: "js", resolveDir: "/" };
}
