import { homeDirectory } from "./home.ts";
import { type Clock, systemClock } from "./clock.ts";
import { createExec } from "./exec.ts";
import { createHttp } from "./http.ts";
import { createLog, type LogOptions } from "./log.ts";
import { createMasker } from "./masker.ts";
import type { Runtime } from "./types.ts";

/** Options of `createRuntime`; all have a default. */
export interface RuntimeOptions {
  /** Default: a copy of the process's environment, with `HOME` and `PATH` when it names none. */
  readonly env?: Runtime["env"];
  /** Default: text lines from `info` up, on standard error. */
  readonly log?: Partial<Pick<LogOptions, "write" | "format" | "level">>;
  /** Default: the machine's clocks. */
  readonly clock?: Clock;
  /** Default: Math.random. */
  readonly random?: Runtime["random"];
  readonly onSkew?: Runtime["onSkew"];
  /** Default: nobody reads. */
  readonly announce?: Runtime["announce"] | undefined;
}

function writeToStderr(line: string): void {
  process.stderr.write(line);
}

/** Where programs are looked for when nobody says: what systemd and container runtimes give. */
const usualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

function ownEnv(): Runtime["env"] {
  return { PATH: usualPath, ...process.env, HOME: homeDirectory(process.env) };
}

/** The outside world: real sockets and processes, the machine's clocks. One masker serves all of it. */
export function createRuntime(options: RuntimeOptions = {}): Runtime {
  const { env = ownEnv(), clock = systemClock(), random = Math.random, onSkew, announce } = options;
  const masker = createMasker();
  const { now, deadline } = clock;
  return {
    ...clock,
    random,
    env,
    masker,
    log: createLog({ write: writeToStderr, ...options.log, masker, now }),
    http: createHttp({ env, masker, now, deadline, ...(onSkew && { onSkew }) }),
    exec: createExec({ env, masker, deadline }),
    ...(onSkew && { onSkew }),
    ...(announce && { announce }),
  };
}
