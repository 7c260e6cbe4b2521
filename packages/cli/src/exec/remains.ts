import { readdirSync, readFileSync } from "node:fs";

/** The command of one generation, by what its processes are known by. */
export interface Trace {
  /** `ROTATE_GENERATION`, which all that it starts inherits. */
  readonly id: string;
  /** When it was started, in the kernel's ticks; undefined where that cannot be known. */
  readonly since: number | undefined;
}

/** proc_pid_stat(5). */
interface Process {
  readonly pid: number;
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  /** In ticks since boot. */
  readonly started: number;
}

/** Kernel threads are the children of this. */
const kernel = 2;

/** What a command that has just been started is traced by. To be called before its end can be seen. */
export function traceOf(id: string, pid: number | undefined): Trace {
  return { id, since: pid === undefined ? Infinity : statOf(pid)?.started };
}

/**
 * May something that a command started still run, now that it has itself ended? Looks for the word that it inherited, also in other sessions, and for whatever came later in
 * our process group. True where the system does not tell. @param others words of the commands beside it
 */
export function mayRemain({ id, since }: Trace, others: ReadonlySet<string>): boolean {
  const own = statOf(process.pid);
  if (own === undefined || since === undefined) return true;
  const all = readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? (statOf(Number(name)) ?? []) : []));
  const later = all.filter(
    ({ pid, parent, state, started }) =>
      started >= since && pid !== own.pid && parent !== kernel && state !== "Z" && state !== "X",
  );
  const ours = helpersOf(own.pid, all);
  return later.some((one) => {
    const word = wordOf(one.pid);
    if (word === id) return true;
    if ((word !== undefined && others.has(word)) || ours.has(one.pid)) return false;
    return word === "wiped" || one.group === own.group;
  });
}

/** Whom we started ourselves, and whom they did: what a command leaves behind is not below us any more. Process 1 gets that too, and cannot tell. */
function helpersOf(own: number, all: readonly Process[]): ReadonlySet<number> {
  const found = new Set<number>();
  const below = (parent: number): void => {
    for (const { pid } of all.filter((one) => one.parent === parent)) {
      found.add(pid);
      below(pid);
    }
  };
  if (own !== 1) below(own);
  return found;
}

/** Its `ROTATE_GENERATION`; `wiped` when it has written its title over all of its environment; undefined without the variable, or when it is not ours to read. */
function wordOf(pid: number): string | undefined {
  const text = read(`/proc/${pid}/environ`);
  if (text === undefined) return undefined;
  const variables = text.split("\0");
  if (text !== "" && !variables.some((each) => each.includes("="))) return "wiped";
  const prefix = "ROTATE_GENERATION=";
  return variables.find((each) => each.startsWith(prefix))?.slice(prefix.length);
}

function statOf(pid: number): Process | undefined {
  const text = read(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The name may hold blanks and brackets of its own.
  const [state = "", parent, group, ...rest] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { pid, state, parent: Number(parent), group: Number(group), started: Number(rest[16]) };
}

/** Undefined when it is gone, or another user's. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}
