import type { SpecCacheOptions } from "./cache/spec-cache.ts";
import type { Catalog, LazyPlugin, LoadedPlugin } from "./catalog.ts";
import type { InputOptions } from "./input.ts";
import type { Diagnostic, Spec } from "./model.ts";
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
