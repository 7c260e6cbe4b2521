/**
 * Makes one file of the command line and a Node, for hosts that have none (https://nodejs.org/api/single-executable-applications.html). All files of the package
 * are in it as they are published, and are read from it as if they lay on a disk.
 */
import { execFileSync, spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { daemonFlags } from "../src/daemon-flags.ts";

/** What goes in and what comes out. */
export interface Executable {
  /** The folder of the built package, as it is installed. */
  readonly from: string;
  /** The Node that becomes part of it: of the same version as the one that builds, perhaps for another machine. */
  readonly node: string;
  readonly output: string;
}

/** What Node starts with: it lies beside the package's files. */
const start = 'import("./bin/main.js");\n';

/** Builds it beside the output and puts it in its place when it is whole. Throws what the build says. */
export function buildExecutable({ from, node, output }: Executable): void {
  mkdirSync(dirname(output), { recursive: true });
  const folder = mkdtempSync(`${output}-building-`);
  try {
    const [main, made, base] = ["start.cjs", "made", "node"].map((name) => join(folder, name));
    writeFileSync(main!, start);
    withoutSymbols(node, base!);
    const config = {
      main,
      output: made,
      executable: base,
      disableExperimentalSEAWarning: true,
      useVfs: true,
      execArgv: ["--disable-sigusr1", ...daemonFlags],
      assets: assetsOf(from),
    };
    writeFileSync(join(folder, "config.json"), JSON.stringify(config));
    execFileSync(process.execPath, [`--build-sea=${join(folder, "config.json")}`], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    renameSync(made!, output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A fifth of it is symbols. Where there is no binutils, or none for that machine, it is just larger. */
function withoutSymbols(node: string, to: string): void {
  if (spawnSync("strip", ["-o", to, node], { stdio: "ignore" }).status !== 0) copyFileSync(node, to);
}

/** Each file of the package by its path in it. */
function assetsOf(root: string): Readonly<Record<string, string>> {
  const published = ["package.json", "oclif.manifest.json", "LICENSE", "bin", "dist", "docs", "schemas"];
  const paths = published.flatMap((name) => filesIn(join(root, name)));
  return Object.fromEntries(paths.map((path) => [relative(root, path), path]));
}

function filesIn(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .map((name) => join(path, name))
    .filter((file) => statSync(file).isFile() && !/\.(map|tsbuildinfo)$/.test(basename(file)));
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { from: { type: "string" }, node: { type: "string" }, output: { type: "string", short: "o" } },
  });
  const output = resolve(values.output ?? `rotate-${process.platform}-${process.arch}`);
  const from = resolve(values.from ?? fileURLToPath(new URL("..", import.meta.url)));
  buildExecutable({ from, node: resolve(values.node ?? process.execPath), output });
  process.stdout.write(`${output}: ${Math.round(statSync(output).size / 1e6)} MB\n`);
}
