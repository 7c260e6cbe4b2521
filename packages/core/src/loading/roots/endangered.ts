import type { LocalPlace } from "@rotate/plugin-kit";
import { dirname } from "node:path";
import { described } from "../compile/identity.ts";
import type { ProviderEntry, SinkEntry } from "../model.ts";
import { createPlaceFinder, type PlaceFinder, type RealPlace } from "./real-place.ts";
import { ofAudit, rootsOf, type Root, type RootedSpec } from "./roots.ts";
import type { RootWorld } from "./world.ts";

/** Who writes on this machine: a sink, a provider that publishes a file of its own, `monitor.textfile` or `audit.file`. */
export type Writer = SinkEntry | ProviderEntry | "textfile" | "audit";

/** A write that would destroy what the spec stands on. */
export interface Endangered {
  readonly writer: Writer;
  /** As the spec has it. */
  readonly path: string;
  readonly root: Root;
}

interface Write extends LocalPlace {
  readonly writer: Writer;
  readonly rotations: ReadonlySet<string>;
}

/**
 * The writes of a spec that meet its roots, through symbolic links too. Per section, where both name one. Looks at paths and opens no file;
 * asks plugins what they read and write, which is pure.
 */
export function findEndangered(
  spec: RootedSpec,
  world: RootWorld,
  { find }: Pick<PlaceFinder, "find"> = createPlaceFinder(),
): readonly Endangered[] {
  const writes = createIndex(writesOf(spec), find);
  const roots = rootsOf(spec, world);
  const met = roots.flatMap((root) => [...writes.at(find(root.path))].map((write) => ({ write, root })));
  const rootIndex = createIndex(roots, find);
  // A write below a root: the root is a directory, and all in it counts.
  const inside = writes.items.flatMap((write) =>
    [...rootIndex.above(find(write.path))].flatMap((root) => (root.exact ? [] : [{ write, root }])),
  );
  return [...met, ...inside]
    .filter(({ write, root }) => isDanger(write, root))
    .map(({ write, root }) => ({ writer: write.writer, path: write.path, root }));
}

function isDanger(write: Write, root: Root): boolean {
  if (write.section !== undefined && root.section !== undefined && write.section !== root.section) return false;
  return root.mayWrite === undefined || ![...write.rotations].some((name) => root.mayWrite?.has(name));
}

/** Places by path and inode, so that a spec of many rotations is checked in one pass. */
function createIndex<Item extends LocalPlace>(items: readonly Item[], find: (path: string) => RealPlace) {
  const byKey = new Map<string, Item[]>();
  const add = (key: string, item: Item): void => void (byKey.get(key)?.push(item) ?? byKey.set(key, [item]));
  for (const item of items) {
    const { path, inode } = find(item.path);
    add(path, item);
    if (inode !== undefined) add(inode, item);
  }
  /** By directory, as many items stand in few. */
  const known = new Map<string, readonly Item[]>();
  function aboveIn(directory: string): readonly Item[] {
    const found = known.get(directory) ?? [directory, ...ancestorsOf(directory)].flatMap((one) => byKey.get(one) ?? []);
    known.set(directory, found);
    return found;
  }
  const above = ({ path }: RealPlace): ReadonlySet<Item> =>
    new Set(dirname(path) === path ? [] : aboveIn(dirname(path)));
  return {
    items,
    above,
    /** At the place itself, or holding it: a sink of several files replaces its whole directory. */
    at: (place: RealPlace): ReadonlySet<Item> =>
      new Set([
        ...(byKey.get(place.path) ?? []),
        ...(place.inode === undefined ? [] : (byKey.get(place.inode) ?? [])),
        ...above(place),
      ]),
  };
}

function ancestorsOf(path: string): readonly string[] {
  const parent = dirname(path);
  return parent === path ? [] : [parent, ...ancestorsOf(parent)];
}

/** Absolute paths of all that the rotations and services of a spec write on this machine, the state left out; each once. */
export function writtenPaths(spec: RootedSpec): readonly string[] {
  return [...new Set(writesOf(spec).map(({ path }) => path))];
}

function writesOf({ providers, rotations, monitor, audit }: RootedSpec): readonly Write[] {
  const ofSinks = rotations.flatMap(({ name, sinks }) =>
    sinks.flatMap((sink) => sinkPlaces(sink).map((place) => ({ ...place, writer: sink, rotations: new Set([name]) }))),
  );
  const ofProviders = [...providers.values()].flatMap((provider) => {
    const using = new Set(rotations.flatMap((one) => (one.provider === provider ? [one.name] : [])));
    const places = provider.part.writes?.(described(provider.options)) ?? [];
    return places.map((place) => ({ ...place, writer: provider, rotations: using }));
  });
  const textfile = monitor?.["textfile"];
  const ofMonitor =
    typeof textfile === "string" ? [{ path: textfile, writer: "textfile" as const, rotations: new Set<string>() }] : [];
  const ofRecord = audit ? [{ path: audit.file, writer: "audit" as const, rotations: ofAudit }] : [];
  return [...ofSinks, ...ofProviders, ...ofMonitor, ...ofRecord].filter(({ path }) => path.startsWith("/"));
}

/** What a sink says itself; else its target, where that is a path. */
function sinkPlaces({ part, options, target }: SinkEntry): readonly LocalPlace[] {
  return part.writes?.(described(options)) ?? [{ path: target }];
}
