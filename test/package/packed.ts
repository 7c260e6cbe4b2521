import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { published, root } from "../support/workspace.ts";

/** Every published package of the workspace, packed; and the command line, installed from its tarball where nothing else is. */
export interface Packed {
  readonly folder: string;
  readonly tarballs: readonly string[];
  /** An empty project with the command line in it. */
  readonly project: string;
  /** The installed command. */
  readonly rotate: string;
}

function npm(cwd: string, ...argv: readonly string[]): void {
  execFileSync("npm", [...argv, "--loglevel=error"], { cwd, stdio: ["ignore", "ignore", "inherit"] });
}

/** Packs and installs, without a network. */
export function packAll(): Packed {
  const folder = mkdtempSync(join(tmpdir(), "rotate-pack-"));
  const project = join(folder, "project");
  mkdirSync(project);
  const chosen = published().map(({ folder: workspace }) => `--workspace=${workspace}`);
  npm(root, "pack", ...chosen, `--pack-destination=${folder}`);
  const tarballs = readdirSync(folder)
    .filter((name) => name.endsWith(".tgz"))
    .map((name) => join(folder, name));
  writeFileSync(join(project, "package.json"), '{ "private": true, "type": "module" }\n');
  const alone = tarballs.filter((path) => /rotate-(cli|plugin-kit)-\d/.test(path));
  npm(project, "install", "--offline", "--ignore-scripts", ...alone);
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
