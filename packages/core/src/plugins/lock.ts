/** `rotate.lock` beside the spec: what was approved to run. People review its difference. */
import { readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import { invalid, RotateError } from "@rotate/plugin-kit";
import { checkDescription, type Description } from "./describe.ts";
import { isFrame, parseFrame } from "./frames.ts";
import { placeOf, refuseOthers, refusePackage, type Place } from "./place.ts";

/** One program that was approved. */
export interface LockEntry {
  readonly kind: "executable";
  readonly protocol: 1;
  /** By platform, `any` for scripts, the `sha256-…` of its file. */
  readonly platforms: Readonly<Record<string, string>>;
  /** Of a script. Not pinned itself: a program is as trustworthy as what runs it. */
  readonly interpreter?: string;
  readonly describe: Description;
}

/** By the name in the spec. */
export type Lock = Readonly<Record<string, LockEntry>>;

/** The name of the file. */
export const lockName = "rotate.lock";

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
  const platforms = isFrame(entry) ? entry["platforms"] : undefined;
  if (!isFrame(entry) || entry["kind"] !== "executable" || !isFrame(platforms))
    throw invalid(`${lockName}: the entry of ${name} is no program's`, `rotate plugin approve ${name}`);
  checkDescription(entry["describe"]);
  return entry as unknown as LockEntry;
}

/** Writes it whole, so that a reader sees the old or the new one. */
export async function writeLock(directory: string, lock: Lock): Promise<void> {
  const sorted = Object.fromEntries(Object.entries(lock).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const { default: write } = await import("write-file-atomic");
  const text = `${JSON.stringify({ lockVersion: 1, plugins: sorted }, null, 2)}\n`;
  await write(join(directory, lockName), text, { mode: 0o644 });
}

/** A program that is what was approved. */
export interface Approved {
  readonly entry: LockEntry;
  readonly place: Place;
}

/** Holds a program against the lock, anew at each call. Throws INVALID that names what changed and what to run, NOT_FOUND when the program is not there. */
export async function approvedPlugin(name: string, directory: string): Promise<Approved> {
  refusePackage(name);
  const entry = (await readLock(directory))[name];
  if (entry === undefined)
    throw invalid(`plugin ${name} has not been approved`, `look at it, then: rotate plugin approve ${name}`);
  const place = await placeOf(name, directory);
  const was = Object.hasOwn(entry.platforms, place.platform) ? entry.platforms[place.platform] : undefined;
  if (was === place.integrity) return { entry, place };
  const why =
    was === undefined
      ? `it was approved for ${Object.keys(entry.platforms).join(", ")} only, this is ${place.platform}`
      : `${place.file} changed`;
  throw invalid(`plugin ${name} is not what was approved: ${why}`, `look at it, then: rotate plugin approve ${name}`);
}
