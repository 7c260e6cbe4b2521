import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Prepared } from "../sink.ts";
import { type AskedAccess, askedAccess, wantedAccess } from "./access.ts";
import type { Site } from "./change.ts";
import { childPath, type Directory, inDirectory, missingDirectories } from "./directory.ts";
import { conflict } from "./fault.ts";
import {
  type Files,
  filesOf,
  flip,
  lookAtSet,
  newGenerationName,
  pathIn,
  sameFiles,
  type SetSnapshot,
  writeGeneration,
} from "./generation.ts";
import { warnOfGit } from "./git.ts";
import { removeGeneration, removeOld, sweepGenerations } from "./old-generations.ts";
import type { AccessOptions, FileTools } from "./options.ts";
import { prepareTarget, type Steps, untilDone } from "./prepare.ts";
import { rehearse } from "./rehearse.ts";
import { guardDirectory } from "./rules.ts";
import { exists, placeOf } from "./target.ts";
import { sweep, withoutTick } from "./temporary.ts";
import { guardValidate, validateStaged } from "./validate.ts";

/** The access options of a sink, as they are in `ctx.options`, and the context. */
export interface SetOptions extends Partial<AccessOptions> {
  readonly ctx: FileTools;
}

/** From the files of a set to those that it shall have. */
type SetEdit = (now: Files) => Files;

/** `generation`: where the link shall lead; undefined: there shall be none. */
interface SetChange {
  readonly before: SetSnapshot;
  readonly generation: string | undefined;
  readonly files: Files;
}

/**
 * Stages files that change together: a new directory with all of them, and one symbolic link at `path` that flips to it in `commit`, as kubelet
 * does. Files that others put into the set are carried over; the directory before the last is kept for readers that have it open. `undo` flips back.
 * @param path absolute, of the link @param contents what the named files shall hold @param options `{ ...ctx.options, ctx }`
 * Throws as `stageFile` does, and INVALID when something stands at `path` that rotate did not make.
 */
export async function stageSet(
  path: string,
  contents: ReadonlyMap<string, Buffer>,
  { ctx, ...options }: SetOptions,
): Promise<Prepared> {
  guardValidate(options);
  const site: Site = { place: placeOf(path), options, asked: await askedAccess(options), tools: ctx };
  const edit: SetEdit = (now) => withContents(now, contents, site.asked);
  return prepareTarget({
    ...site,
    ...setSteps(site, edit),
    sweep: (directory, how) => sweepSet(directory, { ...site, tools: how === "anew" ? withoutTick(ctx) : ctx }),
    isChange: ({ before, generation }) => before.generation !== generation,
    isFirst: ({ before }) => before.generation === undefined,
    takeBack: (directory, change) => takeBack(directory, { site, change, names: [...contents.keys()] }),
    tidy: async (directory, { before, generation }) => {
      if (before.generation === undefined || before.generation === generation) return;
      await removeOld(directory, site.place.name, { previous: before.generation, tools: ctx });
    },
  });
}

function withContents(now: Files, contents: ReadonlyMap<string, Buffer>, asked: AskedAccess): Files {
  const ours = [...contents].map(([name, bytes]) => [name, { bytes, ...wantedAccess(asked, now.get(name)) }] as const);
  return new Map([...now, ...ours]);
}

async function sweepSet(directory: Directory, { place, tools }: Pick<Site, "place" | "tools">): Promise<void> {
  await sweep(directory, tools);
  await sweepGenerations(directory, place.name, tools);
}

function setSteps(site: Site, edit: SetEdit): Steps<SetChange> {
  return {
    path: site.place.path,
    workOut: (directory) => workOut(directory, site, edit),
    apply: (directory, change) => apply(directory, site.place.name, change),
    drop: (directory, change) => drop(directory, site.place.name, change),
  };
}

async function workOut(directory: Directory, site: Site, edit: SetEdit): Promise<SetChange> {
  const { place, options, asked, tools } = site;
  guardDirectory(directory, undefined, asked);
  const before = lookAtSet(directory, place.name);
  const files = edit(before.files);
  if (sameFiles(before.files, files)) return { before, ...before };
  if (files.size === 0) return { before, generation: undefined, files };
  const generation = await writeGeneration(directory, place.name, { files, before, asked, tools });
  try {
    await validateStaged(childPath(directory, generation), options, tools);
    return { before, generation, files: filesOf(directory, generation) };
  } catch (error) {
    await removeGeneration(directory, place.name, generation);
    throw error;
  }
}

/** Looking and flipping are one step within this process. */
function apply(directory: Directory, name: string, { before, generation, files }: SetChange): boolean {
  if (before.generation === generation) return true;
  if (!shows(directory, name, before)) return false;
  if (generation !== undefined && !isThere(directory, { generation, files })) return false;
  flip(directory, name, generation);
  return true;
}

function shows(directory: Directory, name: string, { generation, files }: SetSnapshot): boolean {
  const now = lookAtSet(directory, name);
  return now.generation === generation && sameFiles(now.files, files);
}

function isThere(directory: Directory, { generation, files }: { generation: string; files: Files }): boolean {
  return existsSync(directory.at(generation)) && sameFiles(filesOf(directory, generation), files);
}

/** Removes a generation that was staged and is not shown. */
async function drop(directory: Directory, name: string, { before, generation }: SetChange): Promise<void> {
  if (generation !== undefined && generation !== before.generation) await removeGeneration(directory, name, generation);
}

interface Back {
  readonly site: Site;
  readonly change: SetChange;
  readonly names: readonly string[];
}

/** Flips back while the set is as we left it; else gives only our files their old content. */
async function takeBack(directory: Directory, { site, change, names }: Back): Promise<void> {
  const { before, generation } = change;
  if (shows(directory, site.place.name, change)) {
    if (before.generation !== undefined && !isThere(directory, { ...before, generation: before.generation })) {
      throw conflict(`the previous directory of ${site.place.path} was changed or removed by somebody else`);
    }
    flip(directory, site.place.name, before.generation);
    if (generation !== undefined) await removeGeneration(directory, site.place.name, generation);
    return;
  }
  const { validate: _, ...options } = site.options;
  await untilDone(
    directory,
    setSteps({ ...site, options }, (now) => filesBefore(now, change, { names, path: site.place.path })),
  );
}

function filesBefore(
  now: Files,
  { before, files }: SetChange,
  { names, path }: { names: readonly string[]; path: string },
): Files {
  const next = new Map(now);
  for (const name of names) {
    const [current, old, wrote] = [now.get(name), before.files.get(name), files.get(name)];
    const isOld = old === undefined ? current === undefined : current?.bytes.equals(old.bytes) === true;
    if (isOld) continue;
    if (current === undefined || wrote?.bytes.equals(current.bytes) !== true) {
      throw conflict(`${path}/${name} was changed by somebody else after it was written`);
    }
    if (old === undefined) next.delete(name);
    else next.set(name, old);
  }
  return next;
}

/** What `checkSet` is told. */
export interface CheckSetOptions extends SetOptions {
  /** What the named files may look like (`ctx.samples`). */
  readonly contents?: ReadonlyMap<string, Buffer>;
}

/** Could `stageSet` work now? As `checkFile`. */
export async function checkSet(path: string, { ctx, contents, ...options }: CheckSetOptions): Promise<void> {
  guardValidate(options);
  const place = placeOf(path);
  const site: Site = { place, options, asked: await askedAccess(options), tools: ctx };
  const all = contents ?? new Map();
  const [missing] = options.directory?.create === true ? await missingDirectories(place.parent) : [];
  if (missing !== undefined)
    return inDirectory(dirname(missing), (directory) =>
      rehearseSet(directory, site, { shown: nothing, contents: all }),
    );
  await inDirectory(place.parent, async (directory) => {
    guardDirectory(directory, undefined, site.asked);
    await rehearseSet(directory, site, { shown: lookAtSet(directory, place.name), contents: all });
  });
  await warnOfGit(place, newGenerationName(place.name), ctx);
}

const nothing: SetSnapshot = { generation: undefined, files: new Map() };

interface SetPlan {
  readonly shown: SetSnapshot;
  readonly contents: ReadonlyMap<string, Buffer>;
}

/** All files are made anew, those of others in the set as well. */
async function rehearseSet(directory: Directory, { place, asked, tools }: Site, plan: SetPlan): Promise<void> {
  const { shown, contents } = plan;
  const files = withContents(shown.files, contents, asked);
  const first = { directory, path: place.path, wanted: wantedAccess(asked, undefined), size: 0 };
  if (files.size === 0) await rehearse(first, tools);
  for (const [name, { bytes, ...wanted }] of files) {
    const now = shown.files.get(name);
    const replaces = now && { path: pathIn(shown, directory.path, name), now };
    await rehearse({ directory, path: join(place.path, name), wanted, size: bytes.length, replaces }, tools);
  }
}

/** Removes what earlier processes staged for a set under the mark of `ctx` and did not live to show. As `tidyFile`. */
export async function tidySet(path: string, tools: FileTools): Promise<void> {
  const place = placeOf(path);
  if (exists(place.parent)) await inDirectory(place.parent, (directory) => sweepSet(directory, { place, tools }));
}

/** The files of a set by name; none when there is no link. Throws INVALID for a link that rotate did not make. */
export async function readSet(path: string): Promise<ReadonlyMap<string, Buffer>> {
  const { parent, name } = placeOf(path);
  if (!exists(parent)) return new Map();
  return inDirectory(parent, async (directory) => {
    const { files } = lookAtSet(directory, name);
    return new Map([...files].map(([file, { bytes }]) => [file, bytes]));
  });
}
