import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Engine } from "../engine/engine.ts";
import { filesOf, type FilesOfSpec } from "../loading/followed.ts";
import type { Spec } from "../loading/model.ts";
import { isQuiet, isTrusted } from "../loading/roots/ground.ts";
import { orAbsent } from "../loading/roots/real-place.ts";
import { stampOf } from "../loading/source-mark.ts";
import { pluginFiles } from "../plugins/plugin-files.ts";
import type { Waker } from "./waker.ts";

/** How often the files are compared by content, for changes that no event tells of (a symbolic link further up that was swapped). ms */
const compareEvery = 15_000;

/** Files whose content is looked after. */
export interface FollowedFiles {
  /** These, and no others, from now on. */
  readonly follow: (paths: readonly string[]) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Calls `changed` with the files whose content may have changed: edited in place, replaced, reached through another link, or there again. */
export type FollowFiles = (changed: (paths: readonly string[]) => void) => Promise<FollowedFiles>;

/** The files that an engine's spec stands on. */
export interface FollowedSpec {
  /** This is the spec now: to be said as soon as it was read. */
  readonly follow: (spec: Spec) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Wakes the daemon when its spec or a list changes, and when what its rotations log in with does: what failed with the old one is tried again at once. */
export async function followSpec(
  engine: Engine,
  followWith: FollowFiles | undefined,
  waker: Pick<Waker, "wake">,
): Promise<FollowedSpec> {
  const { env } = engine.parts().deps.runtime;
  let { spec, sources } = followedOf(engine.parts().spec, env);
  function changed(paths: readonly string[]): void {
    if (paths.some((path) => sources.has(path))) waker.wake("sources");
    if (paths.some((path) => spec.includes(path))) waker.wake("changed");
  }
  const files = await followWith?.(changed);
  async function follow(now: Spec): Promise<void> {
    ({ spec, sources } = followedOf(now, env));
    await files?.follow([...spec, ...sources]);
    if (files !== undefined && isEdited(now)) waker.wake("changed");
  }
  await follow(engine.parts().spec);
  return { follow, close: async () => files?.close() };
}

/** A watch may have waited for its database since it read the spec. */
function isEdited({ asRead = new Map() }: Spec): boolean {
  return [...asRead].some(([path, stamp]) => stampOf(path) !== stamp);
}

/** What its plugins are pinned by is part of a spec. */
function followedOf(spec: Spec, env: Parameters<typeof filesOf>[1]): FilesOfSpec {
  const { file, plugins = [] } = spec;
  const files = filesOf(spec, env);
  return { ...files, spec: [...files.spec, ...(file === "-" ? [] : pluginFiles(file, plugins))] };
}

/** Follows files on this machine. @param every ms between two comparisons that no event asked for */
export async function followFiles(
  changed: (paths: readonly string[]) => void,
  every = compareEvery,
): Promise<FollowedFiles> {
  const { watch } = await import("chokidar");
  const settled = { stabilityThreshold: 100, pollInterval: 20 };
  const watcher = watch([], { ignoreInitial: true, awaitWriteFinish: settled, depth: 0 });
  const known = new Map<string, Content>();

  async function compare(): Promise<void> {
    const differ: string[] = [];
    for (const [path, before] of known) {
      const now = await contentOf(path, before);
      if (now.digest === undefined || !known.has(path)) continue;
      known.set(path, now);
      if (now.digest !== before.digest) differ.push(path);
    }
    if (differ.length > 0) changed(differ);
  }

  const look = oneAtATime(compare);
  const timer = setInterval(look, every);
  timer.unref();
  watcher.on("all", look);
  return {
    async follow(paths) {
      const wanted = new Set(paths);
      const gone = [...known.keys()].filter((path) => !wanted.has(path));
      for (const path of gone) known.delete(path);
      watcher.unwatch(gone);
      for (const path of wanted) if (!known.has(path)) known.set(path, await contentOf(path));
      watcher.add(paths as string[]);
    },
    async close() {
      clearInterval(timer);
      await watcher.close();
    },
  };
}

/** Two that ran side by side would both tell of one change. Who asks meanwhile gets one more after it. */
function oneAtATime(work: () => Promise<void>): () => void {
  let isAsked = false;
  let isWorking = false;
  async function go(): Promise<void> {
    isWorking = true;
    while (isAsked) {
      isAsked = false;
      await work();
    }
    isWorking = false;
  }
  return () => {
    isAsked = true;
    if (!isWorking) void go();
  };
}

interface Content {
  readonly digest: string | undefined;
  /** How the file stood just before it was read, where that tells of each change. */
  readonly stamp?: string | undefined;
}

/** To read what is shorter costs less than to ask whether that is needed. Bytes */
const short = 65_536;

/** A large spec that stands as it did when it was read is not read again. */
async function contentOf(path: string, before?: Content): Promise<Content> {
  const stamp = orAbsent(() => tellingStamp(path));
  if (stamp !== undefined && stamp === before?.stamp) return before;
  return { digest: await digestOf(path), stamp };
}

function tellingStamp(path: string): string | undefined {
  const stats = statSync(path, { bigint: true });
  const { dev, ino, size, mtimeNs, ctimeNs } = stats;
  const tells = stats.isFile() && size >= short && isQuiet(stats, Date.now()) && isTrusted(path);
  return tells ? [dev, ino, size, mtimeNs, ctimeNs].join(" ") : undefined;
}

/** Undefined while there is nothing readable: a moment between unlink and create is no change. */
async function digestOf(path: string): Promise<string | undefined> {
  try {
    return createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EISDIR" ? stampOf(path) : undefined;
  }
}
