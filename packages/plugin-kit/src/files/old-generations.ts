import { lstat, rm } from "node:fs/promises";
import { childPath, type Directory } from "./directory.ts";
import { errnoOf, fileFault } from "./fault.ts";
import { isGeneration, leadsTo, linkedGeneration, prefixOf } from "./generation.ts";
import type { FileTools } from "./options.ts";
import { isMarked } from "./temporary.ts";

/** Removes a generation, unless the link leads to it. */
export async function removeGeneration(directory: Directory, name: string, generation: string): Promise<void> {
  if (leadsTo(directory, name, generation)) return;
  await rm(directory.at(generation), { recursive: true, force: true });
}

/**
 * Removes the generations older than `previous`, which readers may still have open. One that another process is just writing is younger.
 * What cannot be removed is logged: the new set is in place all the same.
 */
export async function removeOld(directory: Directory, name: string, { previous, tools }: Kept): Promise<void> {
  try {
    const { mtimeMs } = await lstat(directory.at(previous));
    const others = (await directory.names()).filter((other) => isGeneration(name, other) && other !== previous);
    for (const other of others) {
      if ((await lstat(directory.at(other))).mtimeMs < mtimeMs) await removeGeneration(directory, name, other);
    }
  } catch (error) {
    const { message } = fileFault("remove old generations", error);
    tools.log.warn("cannot remove old generations of a set", { path: childPath(directory, name), reason: message });
  }
}

interface Kept {
  readonly previous: string;
  readonly tools: FileTools;
}

/**
 * Removes directories of our mark that a process wrote and did not live to show: those younger than the one that the link leads to. Older ones may
 * still be open in a reader. To be called while holding the rotation's lock, with nothing of this sink staged.
 */
export async function sweepGenerations(directory: Directory, name: string, tools: FileTools): Promise<void> {
  const shown = linkedGeneration(directory, name);
  const since = shown === undefined ? undefined : await birthOf(directory, shown);
  const staged = (await directory.names()).filter(
    (other) => isGeneration(name, other) && other !== shown && isMarked(other.slice(prefixOf(name).length), tools.mark),
  );
  for (const other of staged) {
    const born = await birthOf(directory, other);
    if (born === undefined || (since !== undefined && born < since)) continue;
    await removeGeneration(directory, name, other);
    tools.log.info("removed a left-over directory", { path: childPath(directory, other) });
  }
}

/** When a directory was made, ms: others may have put files into it since. Undefined when it is gone. */
async function birthOf(directory: Directory, generation: string): Promise<number | undefined> {
  try {
    const { birthtimeMs, mtimeMs } = await lstat(directory.at(generation));
    return birthtimeMs > 0 ? birthtimeMs : mtimeMs;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
