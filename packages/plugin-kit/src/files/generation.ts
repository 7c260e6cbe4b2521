import { existsSync, lstatSync, readdirSync, readlinkSync, renameSync, symlinkSync, unlinkSync } from "node:fs";
import { lstat, mkdir, readdir, rm } from "node:fs/promises";
import { childPath, type Directory, inDirectory } from "./directory.ts";
import { fileFault, refused } from "./fault.ts";
import type { AskedAccess } from "./access.ts";
import type { FileTools } from "./options.ts";
import { type Access, look, sameAccess } from "./target.ts";
import { createFile, newSuffix, newTemporaryName } from "./write.ts";

/** One file of a set. */
export interface FileState extends Access {
  readonly bytes: Buffer;
}
/** The files of a set by name. */
export type Files = ReadonlyMap<string, FileState>;

/** A set as its link shows it; without a link, no files. */
export interface SetSnapshot {
  /** The name of the directory that the link leads to. */
  readonly generation: string | undefined;
  readonly files: Files;
}

/** The name of a new directory for the set `name`, beside its link: for git's sake it begins like the link, with a dot. */
export function newGenerationName(name: string): string {
  return `${prefixOf(name)}${newSuffix()}`;
}

function prefixOf(name: string): string {
  return `.${name}.rotate-`;
}

function isGeneration(name: string, candidate: string): boolean {
  const prefix = prefixOf(name);
  return candidate.startsWith(prefix) && /^[0-9a-f]{24}$/.test(candidate.slice(prefix.length));
}

/** What the link shows now. Synchronous, so that looking and flipping are one step. Throws INVALID for anything that we did not make. */
export function lookAtSet(directory: Directory, name: string): SetSnapshot {
  const generation = linkedGeneration(directory, name);
  const isThere = generation !== undefined && existsSync(directory.at(generation));
  return { generation, files: isThere ? filesOf(directory, generation) : new Map() };
}

function linkedGeneration(directory: Directory, name: string): string | undefined {
  const path = childPath(directory, name);
  const stats = lstatSync(directory.at(name), { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  const link = stats.isSymbolicLink() ? readlinkSync(directory.at(name)) : undefined;
  if (link !== undefined && isGeneration(name, link)) return link;
  throw refused(
    link === undefined ? `${path} exists and is not a link` : `${path} is a link to ${link}, which rotate did not make`,
    "move it away: rotate makes the link itself, to a directory of its own beside it",
  );
}

/** The files of a generation. Throws INVALID when something else than plain files is in it. */
export function filesOf(directory: Directory, generation: string): Files {
  const inside = {
    path: childPath(directory, generation),
    at: (file: string) => `${directory.at(generation)}/${file}`,
  };
  const names = readdirSync(directory.at(generation)).toSorted();
  return new Map(
    names.flatMap((file) => {
      const found = look(inside, file, { manyNames: true });
      return found === undefined ? [] : [[file, found] as const];
    }),
  );
}

/** True when both hold the same files with the same content, permissions and owners. */
export function sameFiles(one: Files, other: Files): boolean {
  return one.size === other.size && [...one].every(([name, file]) => sameFile(file, other.get(name)));
}

function sameFile(one: FileState, other: FileState | undefined): boolean {
  return other !== undefined && one.bytes.equals(other.bytes) && sameAccess(one, other);
}

/** Writes a new directory with all files, on the disk when this resolves; the link does not lead to it yet. Leaves nothing behind when it throws. */
export async function writeGeneration(directory: Directory, name: string, set: NewGeneration): Promise<string> {
  const generation = newGenerationName(name);
  try {
    await mkdir(directory.at(generation), { mode: 0o700 });
    await inDirectory(
      childPath(directory, generation),
      (inside) => fillGeneration(inside, set),
      directory.at(generation),
    );
    await directory.sync();
    return generation;
  } catch (error) {
    await rm(directory.at(generation), { recursive: true, force: true }).catch(() => undefined); // the first error says more
    throw fileFault(`write in ${directory.path}`, error);
  }
}

/** What `writeGeneration` writes, and for whom. */
export interface NewGeneration {
  readonly files: Files;
  readonly asked: AskedAccess;
  readonly tools: FileTools;
}

async function fillGeneration(inside: Directory, { files, asked, tools }: NewGeneration): Promise<void> {
  for (const [file, { bytes, ...wanted }] of files) {
    await createFile({ directory: inside, newName: () => file, tools }, { content: bytes, wanted });
  }
  await inside.handle.chown(asked.uid ?? inside.stats.uid, asked.gid ?? inside.stats.gid);
  await inside.handle.chmod(searchable(files));
  await inside.sync();
}

/** Who may read a file may enter the directory. */
function searchable(files: Files): number {
  const modes = [...files.values()].map(({ mode }) => mode & 0o444);
  return modes.reduce((all, mode) => all | mode | (mode >> 2), 0o700);
}

/** Makes the link lead to `generation`, or takes it away. Readers see all old files or all new ones. */
export function flip(directory: Directory, name: string, generation: string | undefined): void {
  directory.verify();
  if (generation === undefined) return unlinkSync(directory.at(name));
  const temporary = newTemporaryName();
  symlinkSync(generation, directory.at(temporary));
  try {
    renameSync(directory.at(temporary), directory.at(name));
  } catch (error) {
    if (leadsTo(directory, name, generation)) return; // over a network it may have happened all the same
    unlinkSync(directory.at(temporary));
    throw error;
  }
}

function leadsTo(directory: Directory, name: string, generation: string): boolean {
  const stats = lstatSync(directory.at(name), { throwIfNoEntry: false });
  return stats?.isSymbolicLink() === true && readlinkSync(directory.at(name)) === generation;
}

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
    const others = (await readdir(directory.at("."))).filter(
      (other) => isGeneration(name, other) && other !== previous,
    );
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
