/** `npm run lock`: brings package-lock.json up to date with the manifests, away from `node_modules`: of what is installed npm would lock without its integrity. */
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, workspaces } from "./workspace.ts";

const folder = mkdtempSync(join(tmpdir(), "rotate-lock-"));
try {
  for (const name of [
    "package.json",
    "package-lock.json",
    ".npmrc",
    ...workspaces().map((workspace) => `${workspace.folder}/package.json`),
  ])
    cpSync(join(root, name), join(folder, name));
  execFileSync("npm", ["install", "--package-lock-only"], { cwd: folder, stdio: "inherit" });
  copyFileSync(join(folder, "package-lock.json"), join(root, "package-lock.json"));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
