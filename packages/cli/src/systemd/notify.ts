/** What a unit of `Type=notify` hears of a daemon (sd_notify(3)): that it is ready, how things stand, that it lives, that it ends. */
import type { DaemonView, Runtime, Service } from "@rotate/core";
import { isRotateError } from "@rotate/plugin-kit";
import { headline } from "../output/headline.ts";
import type { Look } from "../output/look.ts";
import { isAlive } from "../views/health.ts";

/** How often it is looked whether the first look is over, ms. */
const whileStarting = 100;
/** How often the status is told where nobody asked for signs of life, ms. */
const withoutWatchdog = 30_000;
/** A message waits until systemd has taken it. ms */
const patience = 10_000;

const look: Look = { paint: (_, text) => text, now: 0, signs: "none" };

/**
 * Node has no Unix datagram sockets, and a package for them is native code: `systemd-notify`, which is wherever there is somebody to tell, sends the messages. So the unit
 * needs `NotifyAccess=all`. Undefined where no unit listens. @param env of this process
 */
export function createNotify(runtime: Runtime, env: NodeJS.ProcessEnv): Service | undefined {
  const { NOTIFY_SOCKET: socket } = env;
  if (socket === undefined || socket === "") return undefined;
  const every = Math.min(withoutWatchdog, watchdogOf(env) / 2);
  let last: Promise<void> = Promise.resolve();
  let isMute = false;

  /** One after another: what is told later stands. */
  function tell(...words: readonly string[]): Promise<void> {
    last = last.then(() => send(words));
    return last;
  }

  async function send(words: readonly string[]): Promise<void> {
    if (isMute) return;
    const signal = AbortSignal.timeout(patience);
    try {
      const { exitCode, stderr } = await runtime.exec(
        ["systemd-notify", ...words],
        { env: { NOTIFY_SOCKET: socket } },
        signal,
      );
      if (exitCode !== 0) runtime.log.warn("systemd could not be told how things stand", { reason: stderr.trim() });
    } catch (error) {
      if (!isRotateError(error)) throw error;
      isMute = error.code === "NOT_FOUND";
      runtime.log.warn("systemd could not be told how things stand", { reason: error.message, remedy: error.hint });
    }
  }

  return {
    name: "systemd",
    async start(daemon) {
      const starting = setInterval(() => void ready(), whileStarting);
      let telling: NodeJS.Timeout | undefined;

      async function ready(): Promise<void> {
        if (daemon.phase() !== "running") return;
        clearInterval(starting);
        telling ??= setInterval(() => void pulse(), every);
        await tell("--ready", await statusOf(daemon, runtime));
      }

      /** A loop that hangs is not told to live: systemd then starts it again. */
      async function pulse(): Promise<void> {
        if (isAlive(daemon)) await tell("WATCHDOG=1", await statusOf(daemon, runtime));
      }

      daemon.stopping.addEventListener("abort", () => void tell("STOPPING=1", "--status=finishing what has begun"), {
        once: true,
      });
      return async () => {
        clearInterval(starting);
        clearInterval(telling);
        await last;
      };
    },
  };
}

/** The headline of `rotate status`. A state that cannot be read is told by its message. */
async function statusOf(daemon: DaemonView, { now }: Runtime): Promise<string> {
  try {
    const { rotations } = await daemon.status();
    return `--status=${headline(rotations, { ...look, now: now() })}`;
  } catch (error) {
    return `--status=${(error as Error).message}`;
  }
}

/** Milliseconds in which systemd wants a sign of life, if from this process (sd_watchdog_enabled(3)). */
function watchdogOf({ WATCHDOG_USEC: time, WATCHDOG_PID: pid }: NodeJS.ProcessEnv): number {
  const isOurs = pid === undefined || Number(pid) === process.pid;
  return isOurs && Number(time) > 0 ? Number(time) / 1000 : Infinity;
}
