import type { Prepared } from "../sink.ts";
import { askedAccess } from "./access.ts";
import { type Change, type Edit, fileSteps, type Site } from "./change.ts";
import { inDirectory } from "./directory.ts";
import { conflict } from "./fault.ts";
import type { FileOptions, FileTools } from "./options.ts";
import { prepareTarget, type Steps, untilDone } from "./prepare.ts";
import { guardExisting } from "./rules.ts";
import { bounded, exists, type Place, placeOf } from "./target.ts";
import { sweep, withoutTick } from "./temporary.ts";
import { guardValidate } from "./validate.ts";

/**
 * Takes only our own keys out of a file that somebody else changed since: puts back what `before` had where `now` still has what `written` had.
 * Returns undefined when the file shall not exist. Throws CONFLICT when one of our keys was changed.
 */
export type Revert = (now: Buffer, versions: Versions) => Buffer | undefined;
/** The file before and after our write. */
export interface Versions {
  readonly before: Buffer | undefined;
  readonly written: Buffer;
}

/** The shared options of a file sink, as they are in `ctx.options`, and what goes with them. */
export interface StageOptions extends Partial<FileOptions> {
  readonly ctx: FileTools;
  /** Absent: a file that somebody else changed since cannot be undone (CONFLICT). */
  readonly revert?: Revert;
}

/**
 * Stages `edit` of what the file holds as its next content: written, on the disk and validated, beside the target, which is untouched until
 * `commit` renames. `commit` merges again if a human changed the file meanwhile; `undo` puts the old bytes, permissions and owner back.
 * @param path absolute @param edit the next content @param options `{ ...ctx.options, ctx, revert }`
 * Throws INVALID, DENIED, NOT_FOUND, FAILED or CONFLICT, each with a remedy, and nothing was changed. A `commit` that throws UNAVAILABLE may
 * have written.
 */
export async function stageFile(
  path: string,
  edit: Edit,
  { ctx, revert, ...options }: StageOptions,
): Promise<Prepared> {
  guardValidate(options);
  const place = placeOf(path);
  const asked = await askedAccess(options);
  const site: Site = { place, options, asked, tools: ctx };
  const guarded: Edit = (before) => {
    guardExisting(place, before, { ...options, ctx });
    return bounded(place, edit(before));
  };
  return prepareTarget({
    ...site,
    ...fileSteps(site, guarded),
    sweep: (directory, how) => sweep(directory, how === "anew" ? withoutTick(ctx) : ctx),
    isChange: ({ kind }) => kind !== "none",
    isFirst: ({ before }) => before === undefined,
    takeBack: async (directory, change) => {
      await untilDone(directory, stepsBack(site, change, revert));
    },
  });
}

/**
 * Removes what earlier processes staged for this file under the mark of `ctx` and did not live to remove: for a sink's `tidy`. Changes nothing else.
 * @param path absolute @param tools the sink's context
 */
export async function tidyFile(path: string, tools: FileTools): Promise<void> {
  const { parent } = placeOf(path);
  if (exists(parent)) await inDirectory(parent, (directory) => sweep(directory, tools));
}

const asItIs = { mode: undefined, uid: undefined, gid: undefined };

/** The steps of an undo: old content needs no validation; permissions and owner go back with the bytes that we wrote. */
function stepsBack(site: Site, change: Change, revert: Revert | undefined): Steps<Change> {
  const { validate: _, ...options } = site.options;
  const { before, content } = change;
  return fileSteps({ ...site, options }, editBack(site.place, change, revert), (now) =>
    now !== undefined && content?.equals(now.bytes) ? (before ?? asItIs) : asItIs,
  );
}

/** The way back from a change: exact old bytes while the file is what we wrote, else the caller's `revert`. */
function editBack(
  { path }: Place,
  { kind, before, content }: Change,
  revert: Revert | undefined,
): Edit<Buffer | undefined> {
  return (now) => {
    if (now === undefined && before === undefined) return undefined;
    if (now === undefined || content === undefined)
      throw conflict(`${path} was removed by somebody else after it was written`);
    if (before?.bytes.equals(now)) return now;
    if (now.equals(content)) return before?.bytes;
    if (kind === "overwrite" && isTorn(now, before.bytes, content)) return before.bytes;
    if (revert !== undefined) return revert(now, { before: before?.bytes, written: content });
    throw conflict(`${path} was changed by somebody else after it was written`);
  };
}

/** True when `now` begins like the new content and goes on like the old: an in-place write that was cut off. */
function isTorn(now: Buffer, before: Buffer, content: Buffer): boolean {
  const difference = now.findIndex((byte, index) => byte !== content[index]);
  const cut = difference === -1 ? now.length : difference;
  return now.subarray(cut).equals(before.subarray(cut));
}
