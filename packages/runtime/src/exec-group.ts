import type { ChildProcess } from "node:child_process";

/** Between SIGTERM and SIGKILL, milliseconds. */
const killGrace = 2000;

/** The whole process group: what the command started goes with it. */
function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  if (process.platform === "win32") return void child.kill(signal);
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // ESRCH: all of it has ended. EPERM: what is left runs as somebody else, and only they can end it.
    if (!["ESRCH", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

/** SIGTERM; then SIGKILL for what is left of the group once its leader has gone, or a little later. */
export function endGroup(child: ChildProcess): void {
  const timer = setTimeout(() => killGroup(child, "SIGKILL"), killGrace);
  child.once("exit", () => {
    clearTimeout(timer);
    killGroup(child, "SIGKILL");
  });
  killGroup(child, "SIGTERM");
}

/** Remembers commands in work: when this process stops dead (a second Ctrl-C) they are asked to end too, group and all, for they hear no terminal. */
export function createCompany(): { readonly join: (child: ChildProcess) => void } {
  const company = new Set<ChildProcess>();
  function dismiss(): void {
    for (const child of company) killGroup(child, "SIGTERM");
  }
  function leave(child: ChildProcess): void {
    company.delete(child);
    if (company.size === 0) process.off("exit", dismiss);
  }
  return {
    join(child) {
      if (child.pid === undefined) return;
      if (company.size === 0) process.on("exit", dismiss);
      company.add(child);
      child.once("exit", () => leave(child));
    },
  };
}
