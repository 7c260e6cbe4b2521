/** `rotate.lock` beside the spec: what was approved to run. People review its difference. */
import { readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import { invalid, RotateError } from "@rotate/plugin-kit";
import { checkDescription } from "./describe.ts";
import { isFrame, parseFrame, type Frame } from "./frames.ts";
import { integrityOfFiles, integrityOfPackages } from "./npm/closure.ts";
import type { Lock, LockEntry, PackageEntry, ProgramEntry } from "./lock-entry.ts";
import { checkNeeds } from "./npm/needs.ts";
import { refuseOthers } from "./place.ts";
import { lockName } from "./plugin-files.ts";
import { type Specimen, specimenOf } from "./specimen.ts";

/** Reads it; empty where there is none. Throws INVALID when it is no lock, or others could change it. */
export async function readLock(directory: string): Promise<Lock> {
  const path = join(directory, lockName);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new RotateError(`${lockName} cannot be read (${error.code})`, { code: "DENIED", retryable: false });
  });
  if (text === undefined) return {};
  await refuseOthers(lockName, await realpath(path));
  return parseLock(text);
}

function parseLock(text: string): Lock {
  const hint = "take it back from version control, or delete it and run: rotate plugin approve";
  try {
    const lock = parseFrame(text);
    const { lockVersion, plugins } = lock;
    if (lockVersion !== 1 || !isFrame(plugins))
      throw invalid(`${lockName} is of no version that this rotate reads`, hint);
    return Object.fromEntries(Object.entries(plugins).map(([name, entry]) => [name, entryOf(name, entry)]));
  } catch (error) {
    if (error instanceof RotateError && error.code === "INVALID") throw error;
    throw invalid(`${lockName} is not what \`rotate plugin approve\` wrote`, hint);
  }
}

function entryOf(name: string, entry: unknown): LockEntry {
  if (isFrame(entry) && entry["kind"] === "npm") return packageEntryOf(name, entry);
  const platforms = isFrame(entry) ? entry["platforms"] : undefined;
  if (!isFrame(entry) || entry["kind"] !== "executable" || !isFrame(platforms))
    throw invalid(`${lockName}: the entry of ${name} is no plugin's`, `rotate plugin approve ${name}`);
  checkDescription(entry["describe"]);
  return entry as unknown as ProgramEntry;
}

/** Its hashes have to fit each other: nobody writes them by hand. */
function packageEntryOf(name: string, entry: Frame): PackageEntry {
  const { packages, version, integrity, allow, describe } = entry;
  checkDescription(describe);
  checkNeeds(allow);
  const trees = isFrame(packages) ? Object.entries(packages) : [];
  const integrities = trees.map(([id, tree]) => [id, isFrame(tree) ? String(tree["integrity"]) : ""] as const);
  const listed = trees.flatMap(([, tree]) =>
    isFrame(tree) && isFrame(tree["files"]) ? [[tree, tree["files"]] as const] : [],
  );
  const fits =
    typeof version === "string" &&
    listed.length === 1 &&
    listed.every(
      ([tree, files]) => integrityOfFiles(Object.entries(files) as [string, string][]) === tree["integrity"],
    ) &&
    integrityOfPackages(integrities) === integrity;
  if (fits) return entry as unknown as PackageEntry;
  throw invalid(
    `${lockName}: the hashes of ${name} do not fit each other: it was edited by hand`,
    `take it back from version control, or: rotate plugin approve ${name}`,
  );
}

/** Writes it whole, so that a reader sees the old or the new one. */
export async function writeLock(directory: string, lock: Lock): Promise<void> {
  const sorted = Object.fromEntries(Object.entries(lock).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const { default: write } = await import("write-file-atomic");
  const text = `${JSON.stringify({ lockVersion: 1, plugins: sorted }, null, 2)}\n`;
  await write(join(directory, lockName), text, { mode: 0o644 });
}

/** A plugin that is what was approved. */
export interface Approved {
  readonly entry: LockEntry;
  readonly specimen: Specimen;
}

/** Holds a plugin against the lock, anew at each call. Throws INVALID that names what changed and what to run, NOT_FOUND when the plugin is not there. */
export async function approvedPlugin(name: string, directory: string): Promise<Approved> {
  const lock = await readLock(directory);
  const entry = Object.hasOwn(lock, name) ? lock[name] : undefined;
  if (entry === undefined)
    throw invalid(`plugin ${name} has not been approved`, `look at it, then: rotate plugin approve ${name}`);
  const specimen = await specimenOf(name, directory);
  const differences = specimen.differences(entry);
  if (differences.length === 0) return { entry, specimen };
  throw invalid(
    `plugin ${name} is not what was approved: ${shortened(differences).join(", ")}`,
    `look at it, then: rotate plugin approve ${name}`,
  );
}

/** For a message. */
function shortened(lines: readonly string[], most = 10): readonly string[] {
  return lines.length > most ? [...lines.slice(0, most), `and ${lines.length - most} more`] : lines;
}
