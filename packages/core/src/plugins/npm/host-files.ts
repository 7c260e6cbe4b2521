/** Where the child's side lies, as sources or as they are compiled. The command line's bundle has a folder of its own in its place. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The child's side, and the kit that plugins get. */
export interface HostFiles {
  /** The path of what is started. */
  readonly main: string;
  /** By what is imported, the URL of what it gets. */
  readonly kit: Readonly<Record<string, string>>;
  /** Folders that it reads. */
  readonly reads: readonly string[];
  readonly flags: readonly string[];
}

/** Each module that the kit exports: a plugin may import any of them. */
function kitModules(): readonly string[] {
  const { exports } = createRequire(import.meta.url)("@rotate/plugin-kit/package.json") as { readonly exports: object };
  return Object.keys(exports)
    .filter((name) => !name.endsWith(".json"))
    .map((name) => `@rotate/plugin-kit${name.slice(1)}`);
}

/** Those of this package. */
export function hostFiles(): HostFiles {
  const isSource = import.meta.url.endsWith(".ts");
  const main = fileURLToPath(import.meta.resolve(isSource ? "../host/main.ts" : "../host/main.js"));
  const kit = Object.fromEntries(kitModules().map((name) => [name, import.meta.resolve(name)]));
  const folders = ["@rotate/plugin-kit/package.json", "@rotate/runtime/package.json", "@rotate/core/package.json"].map(
    (name) => dirname(fileURLToPath(import.meta.resolve(name))),
  );
  return {
    main,
    kit,
    reads: [...new Set(folders), ...waysTo(dirname(main))],
    flags: isSource ? ["--conditions=rotate:src"] : [],
  };
}

/** Where Node looks for our packages, up from the host. */
function waysTo(from: string): readonly string[] {
  const way = join(from, "node_modules/@rotate");
  return from === dirname(from) ? [way] : [way, ...waysTo(dirname(from))];
}
