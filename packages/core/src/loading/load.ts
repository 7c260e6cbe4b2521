import { resolve } from "node:path";
import { homeDirectory } from "@rotate/runtime";
import { cachedAt, groundsAt, openSpecCache, type SpecCache } from "./cache/spec-cache.ts";
import { readInput, type Input } from "./input.ts";
import type { LoadedSpec, LoadOptions } from "./load-options.ts";
import type { Spec } from "./model.ts";
import { findEndangered } from "./roots/endangered.ts";
import { standsAsItDid, watchLook } from "./roots/ground.ts";
import type { RootWorld } from "./roots/world.ts";
import { stampOf } from "./source-mark.ts";

/**
 * Reads, checks and compiles a spec, offline: no reference is resolved, no target looked at.
 * Everything that is wrong is told at once, in file order. Does not throw for anything that a spec can hold.
 */
export async function loadSpec(options: LoadOptions): Promise<LoadedSpec> {
  const { file, text, cwd = process.cwd() } = options;
  const before = file === "-" || text !== undefined ? undefined : stampOf(resolve(cwd, file));
  const loaded = await load(options);
  return before === undefined || loaded.spec === undefined ? loaded : { ...loaded, spec: stamped(loaded.spec, before) };
}

/** @param before of the spec's own file, from before it was read */
function stamped(spec: Spec, before: string): Spec {
  const lists = spec.lists.map((list) => [list, stampOf(list)] as const);
  return { ...spec, asRead: new Map([...lists, [spec.file, before]]) };
}

async function load(options: LoadOptions): Promise<LoadedSpec> {
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
  if (known !== undefined && (await endangersNothing(known, world, cache)))
    return { spec: identified(known, cache), diagnostics: known.warnings };
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

/** From so many rotations on it costs less to know that nothing has changed than to look at all places. */
const many = 256;

/** Of few rotations it costs less to look at each than to know that nothing is to be looked at. */
function identified(spec: Spec, cache: SpecCache | undefined): Spec {
  return spec.rotations.length < many ? spec : { ...spec, identity: cache?.identity() };
}

/** Does it write nothing that it stands on? Of many rotations all is looked at only where something may be otherwise than at the last time. */
async function endangersNothing(spec: Spec, world: RootWorld, cache: SpecCache | undefined): Promise<boolean> {
  if (cache === undefined || spec.rotations.length < many) return findEndangered(spec, world).length === 0;
  const own = world.own(spec);
  const ground = cache.ground();
  if (ground !== undefined && standsAsItDid(ground, world, own)) return true;
  const look = watchLook(world);
  if (findEndangered(spec, look.world, look.finder).length > 0) return false;
  const fresh = look.ground(own);
  if (fresh !== undefined) await cache.keepGround(fresh);
  return true;
}

function worldOf({ env, own, cache }: LoadOptions, file: string, home: string): RootWorld {
  const what = "rotate's own cache";
  const cached = cache === undefined ? [] : [cachedAt(cache.directory, file), groundsAt(cache.directory)];
  return {
    env: env ?? { ...process.env, HOME: home },
    own: (spec) => [...cached.map((path) => ({ path, what })), ...(own?.(spec) ?? [])],
  };
}
