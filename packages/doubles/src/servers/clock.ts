/** Servers whose clock is not ours. */
import { globSync } from "node:fs";

/** libfaketime, which gives a process another clock; undefined when it is nowhere on this machine. https://github.com/wolfcw/libfaketime */
export function clockShifter(): string | undefined {
  return globSync("/usr/lib/*/faketime/libfaketimeMT.so.1")[0];
}

/**
 * What a server is started with so that its clock is off; nothing for one that is right.
 * @param clock how far, `+10m` or `-10m`
 */
export function shifted(clock: string | undefined): NodeJS.ProcessEnv {
  if (clock === undefined) return {};
  return {
    LD_PRELOAD: clockShifter() ?? "",
    FAKETIME: clock,
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
    FAKETIME_FORCE_MONOTONIC_FIX: "1", // else timed waits of a thread end late
  };
}
