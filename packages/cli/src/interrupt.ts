import { constants } from "node:os";

type Signal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** The signals that ask a command to stop, taken from the process until they are given back. */
export interface Interrupt {
  /** Aborts with the first signal to stop. */
  readonly signal: AbortSignal;
  /** 128 and the signal's number once one came, as a shell reports it; else undefined. */
  readonly exitCode: () => number | undefined;
  /** Gives the signals back. */
  readonly release: () => void;
}

/** Ctrl-C and its kin: the first one asks to stop where it is safe, and `onFirst` may say so; the second stops dead. */
export function listenForInterrupt(
  onFirst?: () => void,
  stops: readonly Signal[] = ["SIGINT", "SIGTERM", "SIGHUP"],
): Interrupt {
  const controller = new AbortController();
  let exitCode: number | undefined;

  function stop(name: Signal): void {
    const code = 128 + constants.signals[name];
    if (exitCode !== undefined) process.exit(code);
    exitCode = code;
    onFirst?.();
    controller.abort(new Error(`stopped by ${name}`));
  }

  for (const name of stops) process.on(name, stop);
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    release: () => {
      for (const name of stops) process.off(name, stop);
    },
  };
}
