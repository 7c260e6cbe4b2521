import { accessSync, constants } from "node:fs";
import { dirname } from "node:path";
import { askedAccess, wantedAccess } from "./access.ts";
import { type Directory, inDirectory, missingDirectories } from "./directory.ts";
import { errnoOf, fileFault, refused } from "./fault.ts";
import { warnOfGit } from "./git.ts";
import { isMountPoint } from "./mounts.ts";
import type { FileOptions, FileTools } from "./options.ts";
import { rehearse } from "./rehearse.ts";
import { guardDirectory, guardExisting, guardReadOnly } from "./rules.ts";
import type { Edit } from "./change.ts";
import { bounded, look, type Place, placeOf, type Snapshot } from "./target.ts";
import { guardValidate } from "./validate.ts";
import { newTemporaryName } from "./temporary.ts";

/** The shared options of a file sink, as they are in `ctx.options`, and what goes with them. */
export interface CheckOptions extends Partial<FileOptions> {
  readonly ctx: FileTools;
  /** The edit that `stageFile` will make, with values of the same shape (`ctx.samples`): what it throws is found before anything is minted. */
  readonly edit?: Edit;
}

/**
 * Could `stageFile` work now? Everything that it would refuse is found here, before anything is minted: by really making a file of that size,
 * owner and permissions in that directory, one without a name (open(2), O_TMPFILE) where the file system can. Changes nothing. Warns through
 * `ctx.log` of a world-writable directory, a world-readable file and a file that git would take.
 * @param path absolute @param options `{ ...ctx.options, ctx, edit }`
 */
export async function checkFile(path: string, { ctx, edit, ...options }: CheckOptions): Promise<void> {
  guardValidate(options);
  const place = placeOf(path);
  const asked = await askedAccess(options);
  const [missing] = options.directory?.create === true ? await missingDirectories(place.parent) : [];
  const plan = (now: Snapshot | undefined) => ({
    path: place.path,
    wanted: wantedAccess(asked, now),
    size: edit === undefined ? (now?.bytes.length ?? 0) : bounded(place, edit(now?.bytes)).length,
    replaces: now && { path: place.path, now },
  });
  if (missing !== undefined) {
    const planned = plan(undefined);
    return inDirectory(dirname(missing), (directory) => rehearse({ directory, ...planned }, ctx));
  }
  await inDirectory(place.parent, async (directory) => {
    const now = look(directory, place.name, { manyNames: options.write === "in-place" });
    guardDirectory(directory, now, asked);
    guardExisting(place, now, { ...options, ctx });
    guardReadOnly(place, now, asked);
    const planned = plan(now);
    if (now !== undefined) await checkTarget(directory, place, options);
    if (now === undefined || options.write !== "in-place") await rehearse({ directory, ...planned }, ctx);
  });
  await warnOfGit(place, newTemporaryName(), ctx);
}

async function checkTarget(directory: Directory, place: Place, { write }: Partial<FileOptions>): Promise<void> {
  if (write !== "in-place" && (await isMountPoint(directory, place))) {
    throw refused(
      `${place.path} is a mount point, which cannot be replaced`,
      "mount the directory instead of the file, or set `write: in-place`",
    );
  }
  try {
    accessSync(directory.at(place.name), constants.W_OK);
  } catch (error) {
    // A rename needs no permission on the file it replaces; an immutable file (EPERM) and a read-only disk stop it all the same.
    if (write === "in-place" || errnoOf(error) !== "EACCES") throw fileFault(`write ${place.path}`, error);
  }
}
