import { resolve } from "node:path";
import { openLocalBackend, type Spec, watch, watchSpecFile, type WatchOptions } from "@rotate/core";
import type { ActionInput, NamesArgs } from "../action.ts";
import { countValue } from "../flag-values.ts";
import { listenForInterrupt } from "../interrupt.ts";
import { count } from "../output/event-line.ts";
import { createReporter } from "../reporter.ts";
import { readSpec, SpecError } from "../spec.ts";
import { run } from "./run.ts";

export interface WatchFlags {
  readonly once?: boolean;
  readonly concurrency?: string | undefined;
}
type Input = ActionInput<WatchFlags, NamesArgs>;

/** `rotate watch`: keeps every rotation fresh until a signal to stop, then finishes what it has begun. */
export async function watchSpec(input: Input): Promise<unknown> {
  const { flags, args, terminal } = input;
  if (flags.once === true) return run({ ...input, flags: { ...flags, force: false } });
  const { "log-level": level, "log-format": format, "state-dir": stateDir } = flags;
  const concurrency = countValue("concurrency", flags.concurrency);
  const { runtime, onEvent } = createReporter({ terminal, level, format, board: false, omit: [] });
  const spec = await readSpec(flags.file, terminal, { stateDir });
  const backend = await openLocalBackend({
    spec,
    runtime,
    ...(stateDir !== undefined && { stateDir: resolve(stateDir) }),
  });
  const file = await followFile(spec.file);
  const finishing = (): void => runtime.log.info("finishing what has begun; once more stops at once");
  const interrupt = listenForInterrupt(finishing, ["SIGINT", "SIGTERM"]); // SIGHUP reads the spec again
  runtime.log.info(`watching ${count(spec.rotations.length, "rotation")} of ${spec.file}`);
  try {
    await watch({
      spec,
      runtime,
      backend,
      onEvent,
      names: args.names ?? [],
      ...(concurrency !== undefined && { concurrency }),
      load: () => reload(input),
      listen: file.listen,
      signal: interrupt.signal,
    });
  } finally {
    interrupt.release();
    await file.close();
    await backend.close();
  }
  runtime.log.info("stopped: what had begun is finished");
  return undefined;
}

async function reload({ flags, terminal }: Input): ReturnType<WatchOptions["load"]> {
  try {
    return { spec: await readSpec(flags.file, terminal, { whole: true, stateDir: flags["state-dir"] }) };
  } catch (error) {
    if (error instanceof SpecError) return { problem: error.text };
    throw error;
  }
}

/** Changes of the spec's file, and SIGHUP; a spec from standard input has neither. */
async function followFile(
  path: Spec["file"],
): Promise<{ readonly listen: WatchOptions["listen"]; readonly close: () => Promise<void> }> {
  if (path === "-") return { listen: () => () => undefined, close: async () => undefined };
  const listeners = new Set<() => void>();
  const close = await watchSpecFile(path, () => {
    for (const changed of listeners) changed();
  });
  return {
    close,
    listen: ({ changed, confirm }) => {
      listeners.add(changed);
      process.on("SIGHUP", confirm);
      return () => {
        listeners.delete(changed);
        process.off("SIGHUP", confirm);
      };
    },
  };
}
