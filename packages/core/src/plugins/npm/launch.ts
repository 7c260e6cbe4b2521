/** How the child of an npm plugin is started: a Node under its permission model that may read the approved packages and no more. */
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isSea } from "node:sea";
import { invalid, RotateError, type Needs } from "@rotate/plugin-kit";
import type { Launch } from "../child.ts";
import type { Closure } from "./closure.ts";
import { hostFiles } from "./host-files.ts";

/** What one plugin may take of the heap, MiB. */
const heap = 128;

/** From here on a process without `--allow-net` opens no connection. */
const firstWithNetwork = 25;

/** Does the Node that runs this stop connections that a plugin opens by itself? */
export function stopsNetwork(version: string = process.versions.node): boolean {
  return Number.parseInt(version, 10) >= firstWithNetwork;
}

/** @param entry URL of the module whose default export is the plugin */
export function launchOf(
  plugin: string,
  {
    closure,
    entry,
    network,
  }: { readonly closure: Closure; readonly entry: string; readonly network: Needs["network"] },
): Launch {
  if (isSea())
    throw invalid(
      `plugin ${plugin}: this rotate is one file with its Node inside, which runs no npm packages`,
      "install rotate with npm, or use a program in their place",
    );
  const { main, kit, reads, flags } = hostFiles();
  const cwd = emptyFolder(plugin);
  return {
    file: process.execPath,
    args: [
      "--permission",
      "--no-experimental-sqlite",
      "--disable-sigusr1",
      "--disable-warning=ExperimentalWarning",
      `--max-old-space-size=${heap}`,
      ...[...reads, ...closure.reads].map((path) => `--allow-fs-read=${path}`),
      ...(network === "open" && stopsNetwork() ? ["--allow-net"] : []),
      ...flags,
      main,
      entry,
      JSON.stringify(kit),
    ],
    cwd,
    env: {},
    isHost: true,
    tidy: () => removeFolder(cwd),
  };
}

/** Of its own, with nothing in it: trace files could be written to it (Node 22). */
function emptyFolder(plugin: string): string {
  const runtime = process.env["XDG_RUNTIME_DIR"];
  for (const parent of [tmpdir(), ...(runtime === undefined ? [] : [runtime]), "/dev/shm"]) {
    try {
      return mkdtempSync(join(parent, "rotate-plugin-"));
    } catch {
      continue; // the next may be writable
    }
  }
  throw new RotateError(`plugin ${plugin}: there is no folder for its process`, {
    code: "UNAVAILABLE",
    retryable: true,
    noEffect: true,
    hint: "set TMPDIR to a folder that rotate can write to",
  });
}

function removeFolder(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // What else is in it was not put there by us, and an empty folder hurts nobody.
  }
}
