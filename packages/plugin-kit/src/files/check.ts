import { accessSync, constants } from "node:fs";
import { dirname } from "node:path";
import { askedAccess } from "./access.ts";
import { type Directory, inDirectory, missingDirectories } from "./directory.ts";
import { errnoOf, fileFault, refused } from "./fault.ts";
import { warnOfGit } from "./git.ts";
import { isMountPoint } from "./mounts.ts";
import type { FileOptions, FileTools } from "./options.ts";
import { rehearse } from "./rehearse.ts";
import { guardDirectory, guardExisting, guardReadOnly } from "./rules.ts";
import { look, type Place, placeOf } from "./target.ts";
import { guardValidate } from "./validate.ts";
import { newTemporaryName } from "./write.ts";

/** The shared options of a file sink, as they are in `ctx.options`, and what goes with them. */
export interface CheckOptions extends Partial<FileOptions> {
  readonly ctx: FileTools;
  /** Looks at what the file holds (undefined: it does not exist) and throws INVALID when it could not be edited. */
  readonly inspect?: (before: Buffer | undefined) => unknown;
}

/**
 * Could `stageFile` work now? Everything that it would refuse is found here, before anything is minted: by really making a file of that size,
 * owner and permissions in that directory, one without a name (open(2), O_TMPFILE) where the file system can. Changes nothing. Warns through
 * `ctx.log` of a world-writable directory, a world-readable file and a file that git would take.
 * @param path absolute @param options `{ ...ctx.options, ctx, inspect }`
 */
export async function checkFile(path: string, { ctx, inspect, ...options }: CheckOptions): Promise<void> {
  guardValidate(options);
  const place = placeOf(path);
  const asked = await askedAccess(options);
  const [missing] = options.directory?.create === true ? await missingDirectories(place.parent) : [];
  if (missing !== undefined) {
    inspect?.(undefined);
    return inDirectory(dirname(missing), (directory) => rehearse({ directory, asked, tools: ctx }));
  }
  await inDirectory(place.parent, async (directory) => {
    const now = look(directory, place.name, { manyNames: options.write === "in-place" });
    guardDirectory(directory, now, asked);
    guardExisting(place, now, { ...options, ctx });
    guardReadOnly(place, now, asked);
    inspect?.(now?.bytes);
    if (now !== undefined) await checkTarget({ directory, place }, options);
    if (now === undefined || options.write !== "in-place") await rehearse({ directory, asked, tools: ctx }, now, place);
  });
  await warnOfGit(place, newTemporaryName(), ctx);
}

interface Located {
  readonly directory: Directory;
  readonly place: Place;
}

async function checkTarget({ directory, place }: Located, { write }: Partial<FileOptions>): Promise<void> {
  if (write !== "in-place" && (await isMountPoint(place))) {
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
