import { existsSync, lstatSync, readdirSync, readlinkSync, renameSync, symlinkSync, unlinkSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { childPath, type Directory, inDirectory } from "./directory.ts";
import { fileFault, refused } from "./fault.ts";
import type { AskedAccess } from "./access.ts";
import { modelOf } from "./attributes.ts";
import type { FileTools } from "./options.ts";
import { type Access, look, sameAccess } from "./target.ts";
import { isSuffix, newSuffix, newTemporaryName } from "./temporary.ts";
import { createFile } from "./write.ts";

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
export function newGenerationName(name: string, mark?: string): string {
  return `${prefixOf(name)}${newSuffix(mark)}`;
}

/** What the names of a set's directories begin with. */
export function prefixOf(name: string): string {
  return `.${name}.rotate-`;
}

/** True for the name of a directory that we made for the set. */
export function isGeneration(name: string, candidate: string): boolean {
  return candidate.startsWith(prefixOf(name)) && isSuffix(candidate.slice(prefixOf(name).length));
}

/** What the link shows now. Synchronous, so that looking and flipping are one step. Throws INVALID for anything that we did not make. */
export function lookAtSet(directory: Directory, name: string): SetSnapshot {
  const generation = linkedGeneration(directory, name);
  const isThere = generation !== undefined && existsSync(directory.at(generation));
  return { generation, files: isThere ? filesOf(directory, generation) : new Map() };
}

/** The directory that the link leads to; undefined when there is no link. Throws INVALID for anything that we did not make. */
export function linkedGeneration(directory: Directory, name: string): string | undefined {
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
  const generation = newGenerationName(name, set.tools.mark);
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
  readonly before: SetSnapshot;
  readonly asked: AskedAccess;
  readonly tools: FileTools;
}

async function fillGeneration(inside: Directory, { files, before, asked, tools }: NewGeneration): Promise<void> {
  for (const [file, { bytes: content, ...wanted }] of files) {
    const like = await modelOf(before.files.get(file), { path: pathIn(before, dirname(inside.path), file), tools });
    await createFile({ directory: inside, newName: () => file, tools }, { content, wanted, like });
  }
  await inside.handle.chown(asked.uid ?? inside.stats.uid, asked.gid ?? inside.stats.gid);
  await inside.handle.chmod(searchable(files));
  await inside.sync();
}

/** Where a file of the set that is shown stands now. */
export function pathIn({ generation = "" }: SetSnapshot, parent: string, file: string): string {
  return join(parent, generation, file);
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

/** True when the link leads to this directory now. */
export function leadsTo(directory: Directory, name: string, generation: string): boolean {
  const stats = lstatSync(directory.at(name), { throwIfNoEntry: false });
  return stats?.isSymbolicLink() === true && readlinkSync(directory.at(name)) === generation;
}
