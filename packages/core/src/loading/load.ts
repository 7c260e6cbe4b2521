import { homeDirectory } from "@rotate/runtime";
import type { Catalog, LazyPlugin, LoadedPlugin } from "./catalog.ts";
import { cachedAt, openSpecCache, type SpecCacheOptions } from "./cache/spec-cache.ts";
import { readInput, type Input, type InputOptions } from "./input.ts";
import type { Diagnostic, Spec } from "./model.ts";
import { findEndangered } from "./roots/endangered.ts";
import type { RootWorld } from "./roots/world.ts";

/** Where the spec is, which plugins there are, and the surroundings that it is judged in. */
export interface LoadOptions extends InputOptions {
  readonly catalog: Catalog;
  /** What `~/` stands for; default: the home of the running user. */
  readonly home?: string | undefined;
  /** Finds a plugin that the spec names under `plugins`. Without it, such a spec is refused. Throws RotateError when there is none. */
  readonly loadPlugin?: ((name: string, directory: string) => Promise<LoadedPlugin | LazyPlugin>) | undefined;
  /** Default: the process's environment. Names what plugins read by default; no reference is resolved with it. */
  readonly env?: RootWorld["env"] | undefined;
  /** Rotate's own places for a spec, which no sink may write to. Default: none but the cache. */
  readonly own?: RootWorld["own"] | undefined;
  /** Keeps compiled specs for the next time. Without it every spec is compiled. */
  readonly cache?: SpecCacheOptions | undefined;
}

/** A spec, when there is no error among the diagnostics but those of lists: their rotations are held back, the others can be used. */
export interface LoadedSpec {
  readonly spec: Spec | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

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
