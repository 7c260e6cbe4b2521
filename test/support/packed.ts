/** The command line as a user gets it: packed, and installed from its tarball with production dependencies only. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { published, root } from "./workspace.ts";

/** Kept between runs, by the hash of all that goes in: only a changed source is built again. */
const cache = join(root, "node_modules/.cache/rotate-package");
const kept = 3;
/** Where the processes of one test run find it without looking. */
const variable = "ROTATE_TEST_PACKAGE";
/** Milliseconds after which a build that is still not there has been killed. */
const patience = 120_000;

export interface Packed {
  /** The tarball of `@rotate/cli`. */
  readonly tarball: string;
  /** A project with nothing but the command line in it. */
  readonly project: string;
  /** The package in it. */
  readonly installed: string;
  /** The program, to be run by a Node. */
  readonly entry: string;
}

/** Packs and installs it, without a network, unless that was done for these sources before. */
export function packedCommandLine(): Packed {
  const folder = (process.env[variable] ??= find());
  const project = join(folder, "project");
  const installed = join(project, "node_modules/@rotate/cli");
  const [tarball = ""] = globSync(join(folder, "*.tgz"));
  return { tarball, project, installed, entry: join(installed, "bin/rotate.js") };
}

/** The tarballs of every other package, packed once for these sources. */
export function packedLibraries(): readonly string[] {
  const folder = keptBeside("libraries", packLibraries);
  return globSync(join(folder, "*.tgz")).toSorted();
}

function packLibraries(folder: string): void {
  const names = published().map(({ manifest }) => manifest.name);
  const others = names.filter((name) => name !== "@rotate/cli");
  npm(root, "pack", ...others.map((name) => `--workspace=${name}`), `--pack-destination=${folder}`);
}

/** The tarballs of the kit, the runtime and the test kit. */
export function packedKits(): readonly string[] {
  return packedLibraries().filter((path) => /rotate-(plugin-kit|runtime|testkit)-\d/.test(path));
}

/** A project with all that a plugin author installs: the command line, the kit, the test kit; and of ours what compiles and runs tests. */
export function packedForAuthors(): string {
  const tarballs = [...packedKits(), packedCommandLine().tarball];
  const folder = keptBeside("authors", (draft) => {
    const project = join(draft, "project");
    installAlone(project, tarballs);
    for (const name of ["vitest", "typescript", "@types"])
      symlinkSync(join(root, "node_modules", name), join(project, "node_modules", name));
  });
  return join(folder, "project");
}

/** A folder beside the package of these sources, made by the first process that asks for it. */
function keptBeside(name: string, make: (draft: string) => void): string {
  const folder = join((process.env[variable] ??= find()), name);
  function made(): void {
    if (existsSync(folder)) return;
    const draft = mkdtempSync(join(cache, "building-"));
    make(draft);
    renameSync(draft, folder);
  }
  if (!existsSync(folder)) whileAlone(made);
  return folder;
}

function find(): string {
  const folder = join(cache, hashOfSources());
  mkdirSync(cache, { recursive: true });
  if (!existsSync(folder)) whileAlone(() => existsSync(folder) || renameSync(build(), folder));
  forgetOld(folder);
  return folder;
}

function build(): string {
  const folder = mkdtempSync(join(cache, "building-"));
  chmodSync(folder, 0o755); // tests run it as other users
  try {
    npm(root, "pack", "--workspace=@rotate/cli", `--pack-destination=${folder}`);
    installAlone(join(folder, "project"), globSync(join(folder, "*.tgz")));
    return folder;
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
}

/** Installs tarballs where nothing else is. */
export function installAlone(project: string, tarballs: readonly string[]): void {
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), '{ "private": true, "type": "module" }\n');
  npm(project, "install", "--offline", "--ignore-scripts", "--omit=dev", ...tarballs);
}

/** Runs npm with only errors shown. */
export function npm(cwd: string, ...argv: readonly string[]): void {
  execFileSync("npm", [...argv, "--loglevel=error"], { cwd, stdio: ["ignore", "ignore", "inherit"] });
}

/** Of what is built and of how. */
function hashOfSources(): string {
  const list = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], { cwd: root, encoding: "utf8" });
  const goesIn = /^((packages|plugins)\/[^/]+\/(?!test\/)|schemas\/|docs\/|[^/]+$|test\/support\/packed\.ts$)/;
  const hash = createHash("sha256");
  for (const path of list.split("\0").filter((name) => goesIn.test(name) && existsSync(join(root, name))))
    hash
      .update(path)
      .update("\0")
      .update(readFileSync(join(root, path)))
      .update("\0");
  return hash.digest("hex").slice(0, 32);
}

/** One process after another: a build is made inside the checkout. */
function whileAlone(work: () => void): void {
  const lock = join(cache, "lock");
  while (!took(lock)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  try {
    work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function took(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - since > patience) rmSync(lock, { recursive: true, force: true });
    return false;
  }
}

function forgetOld(current: string): void {
  const others = readdirSync(cache).filter((name) => name !== "lock" && name !== basename(current));
  const byAge = others.map((name) => join(cache, name)).toSorted((a, b) => ageOf(a) - ageOf(b));
  for (const path of byAge.slice(kept - 1)) rmSync(path, { recursive: true, force: true });
}

function ageOf(path: string): number {
  return Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
}
