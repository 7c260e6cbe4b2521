import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installAlone, packedCommandLine, packedLibraries } from "../support/packed.ts";

/** Every published package, packed; and the command line and the kit, installed from their tarballs where nothing else is. */
export interface Packed {
  readonly folder: string;
  readonly tarballs: readonly string[];
  /** An empty project with the command line and the kit in it. */
  readonly project: string;
  /** The installed command. */
  readonly rotate: string;
}

/** Packs and installs, without a network. */
export function packAll(): Packed {
  const folder = mkdtempSync(join(tmpdir(), "rotate-pack-"));
  const project = join(folder, "project");
  const tarballs = [packedCommandLine().tarball, ...packedLibraries()];
  installAlone(
    project,
    tarballs.filter((path) => /rotate-(cli|plugin-kit)-\d/.test(path)),
  );
  return { folder, tarballs, project, rotate: join(project, "node_modules/.bin/rotate") };
}

/** The files of a tarball, without npm's `package/`. */
export function filesOf(tarball: string): readonly string[] {
  const list = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" });
  return list
    .trim()
    .split("\n")
    .map((path) => path.replace(/^package\//, ""));
}
