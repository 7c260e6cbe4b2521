import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse } from "dotenv";
import { onTestFinished } from "vitest";
import type { Dialect } from "../src/dotenv/dialect.ts";

export type Texts = Readonly<Record<string, string>>;

/** A real program that reads env files. */
export interface RealReader {
  readonly name: string;
  /** The dialects that promise it something. */
  readonly dialects: readonly Dialect[];
  /** Why it cannot be asked here; false when it can. */
  readonly missing: () => string | false;
  /** All variables that it finds in each file; undefined where it refuses the file. */
  readonly readAll: (paths: readonly string[]) => readonly (Texts | undefined)[];
}

type Answers = readonly (Texts | null)[];

function answersOf(command: string, args: readonly string[], input?: string): readonly (Texts | undefined)[] {
  const { stdout, stderr, status } = spawnSync(command, args, { input, maxBuffer: 1 << 28, timeout: 60_000 });
  if (status !== 0) throw new Error(`${command} did not read the files: ${stderr?.toString()}`);
  return (JSON.parse(stdout.toString()) as Answers).map((texts) => texts ?? undefined);
}

/** The file runs in a subshell; NUL after each variable, two after each file, `refused` when the shell says that its syntax is wrong. */
const shellProgram = `
for path; do
  if "$0" -n "$path" 2>/dev/null; then ( set -a; . "$path" 2>/dev/null; set +a; exec env -0 ) || printf refused; else printf refused; fi
  printf '\\0\\0'
done
`;
const inherited = new Set(["PWD", "OLDPWD", "SHLVL", "_", "PATH", "path"]);

function byShell(command: string, paths: readonly string[]): readonly (Texts | undefined)[] {
  const flags = command === "bash" ? ["--norc", "--noprofile"] : [];
  const { stdout } = spawnSync(command, [...flags, "-c", shellProgram, command, ...paths], {
    env: { PATH: process.env["PATH"] },
    cwd: dirname(paths[0] ?? "/"),
    input: "",
    maxBuffer: 1 << 28,
  });
  const blocks = stdout
    .toString()
    .split(/\0\0\0?/)
    .slice(0, -1);
  return blocks.map((block) => (block === "refused" ? undefined : Object.fromEntries(pairsIn(block))));
}

function pairsIn(block: string): readonly (readonly [string, string])[] {
  return block
    .split("\0")
    .map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)] as const)
    .filter(([key]) => !inherited.has(key));
}

function shellReader(command: string): RealReader {
  return {
    name: command,
    dialects: ["shell"],
    missing: () => spawnSync(command, ["-c", "true"]).status !== 0 && `${command} is not installed`,
    readAll: (paths) => byShell(command, paths),
  };
}

/** Says what the program finds when it has nothing of its own in the environment. */
const nodeProgram = `
const fs = require("node:fs");
const answers = fs.readFileSync(0, "utf8").split("\\n").map((path) => {
  const before = new Set(Object.keys(process.env));
  process.loadEnvFile(path);
  const all = Object.entries(process.env).filter(([key]) => !before.has(key));
  for (const [key] of all) delete process.env[key];
  return Object.fromEntries(all);
});
console.log(JSON.stringify(answers));
`;

const pythonProgram = `
import json, sys, dotenv, logging
logging.disable(logging.CRITICAL)
print(json.dumps([{k: v for k, v in dotenv.dotenv_values(path.rstrip("\\n")).items() if v is not None} for path in sys.stdin]))
`;

const rubyProgram = `
require "dotenv"; require "json"
puts(STDIN.each_line.map { |path|
  begin; Dotenv.parse(path.chomp); rescue Dotenv::FormatError, ArgumentError; nil; end
}.to_json)
`;

const libraries = ["shell", "dotenv"] as const;

const goProgram = `package main

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/docker/cli/pkg/kvfile"
	"github.com/joho/godotenv"
)

func read(which, path string) (map[string]string, error) {
	switch which {
	case "compose":
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		return dotenv.Parse(file)
	case "docker":
		lines, err := kvfile.Parse(path, nil)
		if err != nil {
			return nil, err
		}
		pairs := map[string]string{}
		for _, line := range lines {
			key, value, _ := strings.Cut(line, "=")
			pairs[key] = value
		}
		return pairs, nil
	default:
		return godotenv.Read(path)
	}
}

func main() {
	answers := []map[string]string{}
	paths := bufio.NewScanner(os.Stdin)
	for paths.Scan() {
		pairs, err := read(os.Args[1], paths.Text())
		if err != nil {
			pairs = nil
		}
		answers = append(answers, pairs)
	}
	json.NewEncoder(os.Stdout).Encode(answers)
}
`;
const goModule = `module readers

go 1.24

require (
	github.com/compose-spec/compose-go/v2 v2.16.2
	github.com/docker/cli v29.9.3+incompatible
	github.com/joho/godotenv v1.5.1
)
`;

let goBinary: string | undefined;

/** Built once, from what the module cache holds: a test fetches nothing. */
function whyNoGo(): string | false {
  if (goBinary !== undefined)
    return goBinary === "" && "Go, or its modules compose-go, docker/cli and godotenv, are missing here";
  const folder = mkdtempSync(join(tmpdir(), "rotate-go-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "main.go"), goProgram);
  writeFileSync(join(folder, "go.mod"), goModule);
  const env = { ...process.env, GOFLAGS: "-mod=mod", GOPROXY: "off", GONOSUMDB: "*", GOSUMDB: "off" };
  const { status } = spawnSync("go", ["build", "-o", "readers", "."], { cwd: folder, env });
  goBinary = status === 0 ? join(folder, "readers") : "";
  return whyNoGo();
}

function goReader(which: string, name: string, dialects: readonly Dialect[]): RealReader {
  return {
    name,
    dialects,
    missing: whyNoGo,
    readAll: (paths) => answersOf(goBinary ?? "", [which], paths.join("\n")),
  };
}

const generator = "/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator";

/** One shell starts all of them: a path and its home in turn; two NULs after each answer, `refused` where it fails. */
const systemdProgram = `
while [ $# -gt 0 ]; do
  mkdir -p "$2/environment.d" && cp "$1" "$2/environment.d/50.conf"
  HOME="$2" XDG_CONFIG_HOME="$2" "$0" || printf refused
  printf '\\0\\0'
  shift 2
done
`;

/** The generator of environment.d(5) reads by the parser of EnvironmentFile=. It expands variables besides, so files for it hold no dollar. */
function bySystemd(paths: readonly string[]): readonly (Texts | undefined)[] {
  const home = mkdtempSync(join(tmpdir(), "rotate-systemd-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const pairs = paths.flatMap((path, index) => [path, join(home, String(index))]);
  const env = { PATH: process.env["PATH"], SYSTEMD_LOG_LEVEL: "crit" };
  const { stdout } = spawnSync("sh", ["-c", systemdProgram, generator, ...pairs], { env, maxBuffer: 1 << 28 });
  const answers = stdout.toString().split("\0\0").slice(0, -1);
  return answers.map((answer) => (answer.endsWith("refused") ? undefined : textsIn(answer)));
}

function textsIn(answer: string): Texts {
  const lines = answer.split("\n").slice(0, -1);
  const pairs = lines.map(
    (line) => [line.slice(0, line.indexOf("=")), unquoted(line.slice(line.indexOf("=") + 1))] as const,
  );
  return Object.fromEntries(pairs.filter(([key]) => !theirs.has(key)));
}

/** What packages of the machine put there. */
const theirs = new Set(
  existsSync("/etc/environment.d") || existsSync("/usr/lib/environment.d") ? ["QT_ACCESSIBILITY", "PATH"] : [],
);

/** It prints what needs it in double quotes. */
function unquoted(text: string): string {
  const inner = /^"(.*)"$/s.exec(text)?.[1];
  return inner?.replaceAll(/\\(.)/gs, (_, char: string) => ({ n: "\n", t: "\t", r: "\r" })[char] ?? char) ?? text;
}

/** Every reader that can be asked for real. */
export const realReaders: readonly RealReader[] = [
  shellReader("sh"),
  shellReader("bash"),
  {
    name: "node --env-file",
    dialects: libraries,
    missing: () => false,
    readAll: (paths) => answersOf(process.execPath, ["-e", nodeProgram], paths.join("\n")),
  },
  {
    name: "dotenv of npm",
    dialects: libraries,
    missing: () => false,
    readAll: (paths) => paths.map((path) => parse(readFileSync(path))),
  },
  {
    name: "python-dotenv",
    dialects: libraries,
    missing: () => spawnSync("python3", ["-c", "import dotenv"]).status !== 0 && "python-dotenv is not installed",
    readAll: (paths) => answersOf("python3", ["-c", pythonProgram], paths.join("\n")),
  },
  {
    name: "dotenv of Ruby",
    dialects: libraries,
    missing: () => spawnSync("ruby", ["-e", 'require "dotenv"']).status !== 0 && "Ruby's dotenv is not installed",
    readAll: (paths) => answersOf("ruby", ["-e", rubyProgram], paths.join("\n")),
  },
  goReader("godotenv", "godotenv of Go", libraries),
  goReader("compose", "docker compose", ["shell", "dotenv", "compose"]),
  goReader("docker", "docker run --env-file", ["docker"]),
  {
    name: "systemd",
    dialects: ["systemd"],
    missing: () => !existsSync(generator) && "systemd's environment generator is not installed",
    readAll: bySystemd,
  },
];
