import { type Context, defineReload, type Infer, type ObjectSchema, RotateError } from "@rotate/plugin-kit";
import { checkProcess, isStopped, type PidFile, readPidFile, stopped } from "./pid-file.ts";
import { hasProc } from "./proc.ts";

const options = {
  type: "object",
  properties: {
    pidFile: {
      type: "string",
      format: "path",
      description: "Where the consumer writes its process id. Read at the moment of use.",
      examples: ["/run/nginx.pid"],
    },
    signal: {
      enum: ["SIGHUP", "SIGUSR1", "SIGUSR2", "SIGINT", "SIGTERM", "SIGQUIT", "SIGWINCH", "SIGCONT"],
      default: "SIGHUP",
      description: "What the consumer takes as `read your configuration again`.",
    },
    command: {
      type: "string",
      minLength: 1,
      description: "The name that the process must go by, as `ps -o comm` shows it.",
      examples: ["nginx"],
    },
    wait: {
      type: "string",
      format: "duration",
      default: "2s",
      description: "How long to wait for a pid file that is just being written anew.",
    },
    stopped: {
      enum: ["fail", "ignore"],
      default: "fail",
      description:
        "What to do when no process is there: `ignore` if the consumer reads the credential whenever it starts.",
    },
  },
  required: ["pidFile"],
} as const satisfies ObjectSchema;
type Options = Infer<typeof options>;

/** Milliseconds between two looks at the pid file. */
const interval = 100;

/** Sends a signal to the process that a pid file names. It tells the consumer, and shows nothing: the previous lease is left to expire. */
export const signalReload = defineReload({
  type: "signal",
  start: { title: "a process gets a signal", options: ["signal"] },
  options,

  adopts: () => false,
  async check(ctx) {
    try {
      send(await find(ctx), 0, ctx.options.pidFile);
    } catch (error) {
      // A consumer that is down must not keep its credential from being renewed.
      if (!isStopped(error)) throw error;
      ctx.log.warn("the consumer is not running now", { pidFile: ctx.options.pidFile, reason: error.message });
    }
  },
  async run(_event, ctx) {
    const { signal, pidFile } = ctx.options;
    try {
      await sendInTime(ctx, signal);
    } catch (error) {
      if (!isStopped(error) || ctx.options.stopped === "fail") throw error;
      ctx.log.warn("nothing to signal", { pidFile, reason: error.message });
    }
  },
});

/** Tries again for as long as `wait` while no process is there. */
async function sendInTime(ctx: Context<Options>, signal: NodeJS.Signals): Promise<void> {
  const end = ctx.now() + ctx.options.wait;
  for (;;) {
    try {
      return send(await find(ctx), signal, ctx.options.pidFile);
    } catch (error) {
      if (!isStopped(error) || ctx.now() >= end) throw error;
      await ctx.sleep(interval);
    }
  }
}

async function find({ options: { pidFile, command }, log }: Context<Options>): Promise<PidFile> {
  const file = await readPidFile(pidFile);
  if (file.pid === process.pid) {
    const hint = "give the pid file of the consumer";
    throw new RotateError(`${pidFile} names rotate itself`, { code: "INVALID", retryable: false, hint });
  }
  if (hasProc()) await checkProcess(file, pidFile, command);
  else log.warn("start time and owner of the process are not checked: this system has no /proc", { pidFile });
  return file;
}

function send({ pid }: PidFile, signal: NodeJS.Signals | 0, path: string): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ESRCH") throw stopped(`process ${pid} of ${path} is gone`, path);
    const hint = "run rotate as the consumer's user, or use the systemd reload";
    throw new RotateError(`not allowed to signal process ${pid} (${code})`, { code: "DENIED", retryable: false, hint });
  }
}
