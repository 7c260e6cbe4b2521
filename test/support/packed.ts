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
import { root } from "./workspace.ts";

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

/** A project with all that a plugin author installs: the command line, the kit, the test kit; and of ours what compiles and runs tests. */
export function packedForAuthors(): string {
  const base = (process.env[variable] ??= find());
  const folder = join(base, "authors");
  if (!existsSync(folder)) whileAlone(() => existsSync(folder) || renameSync(buildForAuthors(base), folder));
  return join(folder, "project");
}

function packKits(folder: string): void {
  const names = ["plugin-kit", "runtime", "testkit"].map((name) => `--workspace=@rotate/${name}`);
  npm(root, "pack", ...names, `--pack-destination=${folder}`);
}

/** The tarballs of the kit, the runtime and the test kit. */
export function packedKits(): readonly string[] {
  return globSync(join(packedForAuthors(), "..", "*.tgz"));
}

function buildForAuthors(base: string): string {
  const folder = mkdtempSync(join(cache, "building-"));
  packKits(folder);
  const project = join(folder, "project");
  installAlone(project, [...globSync(join(folder, "*.tgz")), ...globSync(join(base, "*.tgz"))]);
  for (const name of ["vitest", "typescript", "@types"])
    symlinkSync(join(root, "node_modules", name), join(project, "node_modules", name));
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
