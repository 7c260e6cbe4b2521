import { spawn, type StdioOptions } from "node:child_process";
import { constants } from "node:os";
import type { BoundAddress } from "./listen.ts";

/** A command that was started. */
export interface Child {
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  /** Its exit code as a shell has it: 128 and the signal's number, 126 could not be run, 127 not found. */
  readonly ended: Promise<number>;
  readonly hasEnded: () => boolean;
  /** Nothing happens when it has ended. */
  readonly kill: (signal: NodeJS.Signals) => void;
}

/** What a command is started with. */
export interface Start {
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly sockets: readonly BoundAddress[];
  /** Is told why it could not be started. */
  readonly onFailure: (message: string, hint: string) => void;
}

/** Only the process itself knows its number, and systemd's protocol wants it in `LISTEN_PID`: a shell sets it and becomes the command. */
const withOwnPid = ["/bin/sh", "-c", 'LISTEN_PID=$$; export LISTEN_PID; exec "$@"', "sh"] as const;

/** Starts a command on our own terminal, in our process group: what the terminal sends, it gets too. */
export function startChild({ command, env, sockets, onFailure }: Start): Child {
  const [program, ...args] = sockets.length === 0 ? command : ([...withOwnPid, ...command] as const);
  const stdio: StdioOptions = ["inherit", "inherit", "inherit", ...sockets.map(({ fd }) => fd)];
  const child = spawn(program, args, { env: { ...env, ...listenEnv(sockets) }, stdio });
  let over = false;
  const ended = new Promise<number>((resolve) => {
    child.once("exit", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
    child.once("error", (error: NodeJS.ErrnoException) => {
      if (child.pid !== undefined) return; // a signal that could not be sent
      const missing = error.code === "ENOENT";
      onFailure(
        missing ? `there is no command ${program}` : `${program} cannot be run (${error.code ?? error.message})`,
        missing ? "name a program that is on the PATH, or its whole path" : "look at its permissions",
      );
      resolve(missing ? 127 : 126);
    });
  }).finally(() => (over = true));
  return {
    pid: child.pid,
    ended,
    hasEnded: () => over,
    kill: (signal) => void (over || child.kill(signal)),
  };
}

/** sd_listen_fds(3): the first descriptor is 3. */
function listenEnv(sockets: readonly BoundAddress[]): Readonly<Record<string, string>> {
  if (sockets.length === 0) return {};
  return { LISTEN_FDS: String(sockets.length), LISTEN_FDNAMES: sockets.map(({ name }) => name).join(":") };
}
