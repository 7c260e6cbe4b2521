/** What one `rotate run` asks of the kernel, in order, told by strace. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { root } from "../support/workspace.ts";

const cli = `${root}/packages/cli/bin/rotate.js`;
const traced = "write,writev,pwrite64,fsync,fdatasync,/^rename";

/** Why system calls cannot be told here; undefined when they can. */
export const noTrace: string | undefined =
  spawnSync("strace", ["-f", "-o", "/dev/null", "-e", `trace=${traced}`, "true"]).status === 0
    ? undefined
    : "strace is missing or may not trace here";

/**
 * Runs `rotate` to its end and gives what it did, in order: `journal TYPE` when a record is first written, `sync journal` when a sync of it has come
 * back, `ask METHOD PATH` when a request is sent, `rename NAME`, `sync PATH` of anything else.
 */
export async function stepsOf(
  argv: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<readonly string[]> {
  const trace = `${cwd}/trace`;
  const options = ["-f", "-y", "-s", "5000", "-o", trace, "-e", `trace=${traced}`];
  const stdio = ["ignore", "pipe", "pipe"] as const;
  const child = spawn("strace", [...options, process.execPath, cli, ...argv], { cwd, env, stdio: [...stdio] });
  const [said, why, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  if (code !== 0) throw new Error(`rotate ${argv.join(" ")} ended with ${code}: ${said}${why}`);
  return steps(whole(readFileSync(trace, "utf8").split("\n")));
}

interface Call {
  readonly name: string;
  /** Its arguments as strace shows them. */
  readonly args: string;
}

/** strace splits a call in two when another thread calls meanwhile: an act counts from its beginning, a sync from its end. */
function whole(lines: readonly string[]): readonly Call[] {
  const unfinished = new Map<string, Call>();
  return lines.flatMap((line) => {
    const [, pid = "", resumed, name = "", args = ""] = /^(\d+) +(<\.\.\. )?(\w+)[( ](.*)$/.exec(line) ?? [];
    const call = { name, args };
    if (resumed !== undefined) return isSync(call) ? [unfinished.get(pid) ?? call] : [];
    if (!isSync(call) || !args.endsWith("<unfinished ...>")) return name === "" ? [] : [call];
    unfinished.set(pid, call);
    return [];
  });
}

function isSync({ name }: Call): boolean {
  return name === "fsync" || name === "fdatasync";
}

function steps(calls: readonly Call[]): readonly string[] {
  const seen = new Set<string>();
  return calls.flatMap((call) => {
    const [, file = ""] = /^\d+<([^>]*)>/.exec(call.args) ?? [];
    if (isSync(call)) return [file.endsWith("/state.db-wal") ? "sync journal" : `sync ${file}`];
    if (file.startsWith("socket:")) return requestIn(call.args);
    if (call.name.startsWith("rename")) return [`rename ${/([^/"]*)"[^"]*$/.exec(call.args)?.[1]}`];
    if (call.name === "pwrite64" && file.endsWith("/state.db-wal")) return recordsIn(call.args, seen);
    return [];
  });
}

/** The beginning of a request; its body and answer say nothing here. */
function requestIn(args: string): readonly string[] {
  const [, request] = /, .*?"((?:GET|POST|PUT) [^ ?]+)/.exec(args) ?? [];
  return request === undefined ? [] : [`ask ${request}`];
}

/** The records that stand in a page of the journal and in none before. */
function recordsIn(page: string, seen: Set<string>): readonly string[] {
  const found = page.matchAll(/\{\\"type\\":\\"([\w-]+)\\"[^{}]*?\\"lease\\":(?:\{\\"id\\":)?\\"([\w-]+)\\"/g);
  return [...found].flatMap(([, type, lease]) => {
    const record = `${type} ${lease}`;
    if (seen.has(record)) return [];
    seen.add(record);
    return [`journal ${type}`];
  });
}
