/** Faults injected by the kernel (strace) into one durable write, and the verdict on what is left. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A system call, by strace's regular expression, and the errors that it can really give. */
export interface Call {
  readonly name: string;
  readonly errors: readonly string[];
}

export const calls: readonly Call[] = [
  { name: "openat", errors: ["EMFILE", "EACCES", "EIO"] },
  { name: "pwrite64", errors: ["ENOSPC", "EIO", "EDQUOT", "EFBIG"] },
  { name: "fsync", errors: ["EIO", "ENOSPC"] },
  { name: "close", errors: ["EIO"] },
  { name: "/^rename", errors: ["EBUSY", "EACCES", "EROFS", "EXDEV", "EIO"] },
  { name: "fchmod", errors: ["EPERM"] },
  { name: "fchown", errors: ["EPERM", "EINVAL"] },
  { name: "/^unlink", errors: ["EACCES"] },
  { name: "statx", errors: ["EIO"] },
  { name: "/^getdents", errors: ["EIO"] },
];

/** How the target stands before, and how it is written. */
export interface Scenario {
  readonly name: string;
  readonly old: string | undefined;
  readonly options: Readonly<Record<string, unknown>>;
}

const big = "x".repeat(9000);

export const scenarios: readonly Scenario[] = [
  { name: "an existing file", old: `A=1\nPASSWORD=old${big}\n`, options: {} },
  { name: "a new file", old: undefined, options: { mode: "0640" } },
  { name: "an existing file, in place", old: `A=1\nPASSWORD=old${big}\n`, options: { write: "in-place" } },
];

/** One fault: `when` as strace has it (`2` the second call of a thread, `2+` all from the second). */
export interface Fault {
  readonly scenario: Scenario;
  readonly call: string;
  readonly effect: `error=${string}` | "signal=KILL";
  readonly when: string;
}

/** What came of it. `injected`: the call was really reached. */
export interface Verdict {
  readonly injected: boolean;
  /** What is wrong with what is left; undefined: nothing. */
  readonly wrong: string | undefined;
  readonly said: string;
}

const writer = fileURLToPath(new URL("file-writer.ts", import.meta.url));
const value = `new${big}`;

/** Why faults cannot be injected here, or false. */
export function missingTools(): string | false {
  const tried = spawnSync("strace", ["-f", "-o", "/dev/null", "-e", "inject=fsync:error=EIO:when=9", "true"]);
  return tried.status === 0 ? false : "strace is missing or may not trace here";
}

/** Lets one fault happen in a fresh directory, and judges. */
export async function tryFault(directory: string, fault: Fault): Promise<Verdict> {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const { old } = fault.scenario;
  if (old !== undefined) writeFileSync(`${directory}/.env`, old);
  if (old !== undefined) chmodSync(`${directory}/.env`, 0o640);
  const { said, wrong } = await writeTraced(directory, fault);
  const injected = said === "killed" || readFileSync(`${directory}.trace`, "utf8").includes("(INJECTED)");
  if (!injected) return { injected, said, wrong: said === "ok" ? undefined : `said ${said} without a fault` };
  return { injected, said, wrong: wrong ?? wrongAfterUndo(directory, fault) };
}

/** Attaches strace once the program is warm, so that only the calls of the one write count. */
async function writeTraced(directory: string, fault: Fault): Promise<Omit<Verdict, "injected">> {
  // libuv spreads calls over four threads and strace counts for each: with one, the count is the program's.
  const env = { ...process.env, UV_THREADPOOL_SIZE: "1" };
  const options = JSON.stringify(fault.scenario.options);
  const argv = ["--conditions=rotate:src", writer, `${directory}/.env`, value, options];
  const child = spawn(process.execPath, argv, { stdio: ["pipe", "pipe", "inherit"], env });
  await once(child.stdout, "data");
  const ended = once(child, "exit");
  const tracer = await attach(Number(child.pid), `${directory}.trace`, fault);
  const answered = once(child.stdout, "data").then(([data]) => String(data).trim());
  child.stdin.on("error", () => undefined).write("go\n"); // a killed program takes no more orders
  const said = await Promise.race([answered, ended.then(() => "killed")]);
  const wrong = wrongWith(readTarget(directory), fault, said);
  child.stdin.end("undo\n");
  await Promise.all([ended, once(tracer, "exit")]);
  return { said, wrong };
}

async function attach(pid: number, trace: string, { call, effect, when }: Fault): Promise<ChildProcess> {
  const inject = `inject=${call}:${effect}:when=${when}`;
  const tracer = spawn("strace", ["-f", "-o", trace, "-e", `trace=${call}`, "-e", inject, "-p", `${pid}`]);
  await once(tracer.stderr, "data");
  return tracer;
}

function readTarget(directory: string): string | undefined {
  return existsSync(`${directory}/.env`) ? readFileSync(`${directory}/.env`, "utf8") : undefined;
}

function wrongWith(now: string | undefined, { scenario }: Fault, said: string): string | undefined {
  const isOld = now === scenario.old;
  const isNew = now === `${scenario.old === undefined ? "" : "A=1\n"}PASSWORD=${value}\n`;
  const mayTear = scenario.options["write"] === "in-place" && (said === "killed" || said === "UNAVAILABLE");
  if (said.startsWith("not a RotateError")) return said;
  if (!isOld && !isNew && !mayTear) return "the file is neither the old nor the new one";
  if (said === "ok" && !isNew) return "said ok, but the new content is not there";
  if (!["ok", "killed", "UNAVAILABLE"].includes(said) && !isOld) return `said ${said}, but the file was changed`;
  return undefined;
}

function wrongAfterUndo(directory: string, { effect, call, when }: Fault): string | undefined {
  const target = `${directory}/.env`;
  if (existsSync(target) && (statSync(target).mode & 0o777) !== 0o640) return "the permissions were lost";
  const mayLeave = effect === "signal=KILL" || call === "/^unlink" || when.endsWith("+");
  const left = readdirSync(directory).filter((name) => name.startsWith(".rotate-tmp-"));
  return left.length > 0 && !mayLeave ? `left ${left.length} temporary files` : undefined;
}

/** Every fault of a kind, N = 1, 2, … until the call is not reached any more. Yields each with its verdict. */
export async function* sweep(directory: string, fault: Omit<Fault, "when">): AsyncGenerator<readonly [Fault, Verdict]> {
  for (let count = 1; count < 100; count++) {
    const each: Fault = { ...fault, when: String(count) };
    const verdict = await tryFault(directory, each);
    if (verdict.injected || verdict.wrong !== undefined) yield [each, verdict];
    if (!verdict.injected) return;
  }
}

/** A fault in words. */
export function describeFault({ scenario, call, effect, when }: Fault): string {
  return `${scenario.name}: ${call} number ${when}: ${effect}`;
}
