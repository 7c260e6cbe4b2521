import { type BigIntStats, readFileSync, realpathSync, statfsSync, statSync } from "node:fs";
import { quickSum } from "@rotate/runtime";
import { createPlaceFinder, orAbsent, type PlaceFinder, type RealPlace } from "./real-place.ts";
import type { OwnPlace, RootWorld } from "./world.ts";

/**
 * All of the machine that a look at the places of a spec depended on, as data. While it is as it was, the same look at the same spec finds the same: a directory with the
 * same times has the same entries, each the same file or link as before.
 */
export interface Ground {
  /** What parts asked of the environment. */
  readonly env: readonly (readonly [name: string, value: string | null])[];
  readonly own: readonly OwnPlace[];
  /** A sum of what is mounted: a mount changes what stands at a path, and no time of a directory. */
  readonly mounts: string;
  readonly directories: readonly DirectoryMark[];
  /** What no directory vouches for: where a link leads. */
  readonly links: readonly (readonly [path: string, real: string, inode: string | null])[];
}

type DirectoryMark = readonly [path: string, real: string, identity: string];

/** Magic numbers of statfs(2): ext4, xfs, btrfs, tmpfs, overlayfs, zfs, f2fs. Of others nobody promises that the times of what is there tell of each change. */
const trusted: ReadonlySet<number> = new Set([
  0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0x2fc12fc1, 0xf2f52010,
]);
/** What changed so lately may change again without another time, ms. */
const quietAfter = 2_100;

/** A look of which it is told afterwards what it depended on. */
export interface WatchedLook {
  /** To be given to the look, with the finder. */
  readonly world: RootWorld;
  readonly finder: PlaceFinder;
  /** Undefined when that cannot be told: a directory changed a moment ago, or its file system promises too little. */
  readonly ground: (own: readonly OwnPlace[]) => Ground | undefined;
}

/** Notes from now on what is asked of the environment and of the file system. */
export function watchLook(given: RootWorld): WatchedLook {
  const watched = watchedEnv(given.env);
  const finder = createPlaceFinder();
  const mounts = mountsNow();
  return {
    world: { ...given, env: watched.env },
    finder,
    ground(own) {
      const names = watched.asked();
      const { directories, leaned, links } = finder.looked();
      const now = Date.now();
      const marks = directories.map(([path, real]) => markOf(path, { real, vouches: leaned.has(path), now }));
      if (mounts === undefined || mounts !== mountsNow() || names === undefined) return undefined;
      if (!marks.every((mark) => mark !== undefined)) return undefined;
      const env = names.map((name) => [name, given.env[name] ?? null] as const);
      return { env, own, mounts, directories: marks, links: links.map(([path, place]) => linkOf(path, place)) };
    },
  };
}

interface WatchedEnv {
  readonly env: RootWorld["env"];
  /** Undefined: somebody looked at all of it. */
  readonly asked: () => readonly string[] | undefined;
}

function watchedEnv(given: RootWorld["env"]): WatchedEnv {
  const names = new Set<string>();
  let isWhole = false;
  function note(name: string | symbol): void {
    if (typeof name === "string") names.add(name);
  }
  const env = new Proxy(given, {
    get(target, name) {
      note(name);
      return Reflect.get(target, name) as unknown;
    },
    has(target, name) {
      note(name);
      return Reflect.has(target, name);
    },
    getOwnPropertyDescriptor(target, name) {
      note(name);
      return Reflect.getOwnPropertyDescriptor(target, name);
    },
    ownKeys(target) {
      isWhole = true;
      return Reflect.ownKeys(target);
    },
  });
  return { env, asked: () => (isWhole ? undefined : [...names]) };
}

function markOf(
  path: string,
  { real, vouches, now }: { readonly real: string; readonly vouches: boolean; readonly now: number },
): DirectoryMark | undefined {
  const stats = orAbsent(() => statSync(path, { bigint: true, throwIfNoEntry: false }));
  if (stats === undefined || orAbsent(() => realpathSync.native(path)) !== real) return undefined;
  if (vouches && !(isQuiet(stats, now) && isTrusted(path))) return undefined;
  return [path, real, identityOf(stats, vouches)];
}

/** Is all as it was? What it is not sure of has changed. */
export function standsAsItDid(ground: Ground, world: RootWorld, own: readonly OwnPlace[]): boolean {
  const isSame =
    ground.mounts === mountsNow() &&
    JSON.stringify(own) === JSON.stringify(ground.own) &&
    ground.env.every(([name, value]) => (world.env[name] ?? null) === value) &&
    ground.directories.every(isAsItWas);
  if (!isSame) return false;
  const { find } = createPlaceFinder();
  return ground.links.every((link) => JSON.stringify(linkOf(link[0], find(link[0]))) === JSON.stringify(link));
}

function isAsItWas([path, real, identity]: DirectoryMark): boolean {
  const stats = orAbsent(() => statSync(path, { bigint: true, throwIfNoEntry: false }));
  if (stats === undefined || identityOf(stats, identity.includes(" ")) !== identity) return false;
  return orAbsent(() => realpathSync.native(path)) === real;
}

/** Which directory it is; with its times where it vouches for what is in it. */
function identityOf({ dev, ino, mtimeNs, ctimeNs }: BigIntStats, vouches: boolean): string {
  return vouches ? `${dev}:${ino} ${mtimeNs} ${ctimeNs}` : `${dev}:${ino}`;
}

/** Would another change have another time? `now`: wall clock, ms. */
export function isQuiet({ mtimeNs, ctimeNs }: Pick<BigIntStats, "mtimeNs" | "ctimeNs">, now: number): boolean {
  const last = Number((mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1_000_000n);
  return last < now - quietAfter;
}

/** Do times tell of each change there? */
export function isTrusted(path: string): boolean {
  const type = orAbsent(() => statfsSync(path).type);
  return type !== undefined && trusted.has(type >>> 0);
}

/** Undefined where nobody tells. */
function mountsNow(): string | undefined {
  const text = orAbsent(() => readFileSync("/proc/self/mountinfo", "latin1"));
  return text && `${quickSum(text)} ${quickSum(`${text}/`)}`;
}

function linkOf(path: string, { path: real, inode }: RealPlace): Ground["links"][number] {
  return [path, real, inode ?? null];
}
