import { constants } from "node:os";

const stops = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface Interrupt {
  /** Aborts with the first signal to stop. */
  readonly signal: AbortSignal;
  /** 128 and the signal's number once one came, as a shell reports it; else undefined. */
  readonly exitCode: () => number | undefined;
  /** Gives the signals back. */
  readonly release: () => void;
}

/** Ctrl-C and its kin: the first one asks to stop where it is safe, the second stops dead. */
export function listenForInterrupt(): Interrupt {
  const controller = new AbortController();
  let received: (typeof stops)[number] | undefined;

  function stop(name: (typeof stops)[number]): void {
    if (received !== undefined) process.exit(128 + constants.signals[name]);
    received = name;
    controller.abort(new Error(`stopped by ${name}`));
  }

  const listeners = stops.map((name) => [name, () => stop(name)] as const);
  for (const [name, listener] of listeners) process.on(name, listener);
  return {
    signal: controller.signal,
    exitCode: () => (received === undefined ? undefined : 128 + constants.signals[received]),
    release: () => {
      for (const [name, listener] of listeners) process.off(name, listener);
    },
  };
}
