import { homeDirectory } from "@rotate/runtime";
import { cachedAt, openSpecCache } from "./cache/spec-cache.ts";
import { readInput, type Input } from "./input.ts";
import type { LoadedSpec, LoadOptions } from "./load-options.ts";
import { findEndangered } from "./roots/endangered.ts";
import type { RootWorld } from "./roots/world.ts";

/**
 * Reads, checks and compiles a spec, offline: no reference is resolved, no target looked at.
 * Everything that is wrong is told at once, in file order. Does not throw for anything that a spec can hold.
 */
export async function loadSpec(options: LoadOptions): Promise<LoadedSpec> {
  const input = await readInput(options);
  if (!("text" in input)) {
    const { withoutPlace } = await import("./diagnostics.ts");
    return { spec: undefined, diagnostics: [withoutPlace(input.file, input.message, input.hint)] };
  }
  const home = options.home ?? homeDirectory(process.env);
  const world = worldOf(options, input.file, home);
  const cache = options.cache && input.file !== "-" ? openSpecCache(options.cache, input, home) : undefined;
  const known = await cache?.find(options.catalog);
  // Links and the environment may have changed since: the compiler tells what is wrong, at its place.
  if (known !== undefined && findEndangered(known, world).length === 0)
    return { spec: known, diagnostics: known.warnings };
  options.cache?.onCompile?.();
  const lists: Input[] = [];
  let isKept = true;
  const { compileInput } = await import("./compile-input.ts");
  const loaded = await compileInput(input, {
    ...options,
    home,
    world,
    onList: (list) => void lists.push(list),
    onThirdParty: () => (isKept = false),
  });
  if (isKept && loaded.spec?.heldBack.length === 0) await cache?.keep(loaded.spec, lists);
  return loaded;
}

function worldOf({ env, own, cache }: LoadOptions, file: string, home: string): RootWorld {
  const cached = cache === undefined ? [] : [{ path: cachedAt(cache.directory, file), what: "rotate's own cache" }];
  return {
    env: env ?? { ...process.env, HOME: home },
    own: (spec) => [...cached, ...(own?.(spec) ?? [])],
  };
}
