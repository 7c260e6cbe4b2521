import type { SpecCacheOptions } from "@rotate/core";
import type { Terminal } from "./output/terminal.ts";

/** The flags that every command has. */
export interface SpecFlags {
  readonly file: string;
  readonly "state-dir"?: string | undefined;
  readonly "log-level": "debug" | "info" | "warn" | "error";
  readonly "log-format": "text" | "json";
}

/** What a command does, apart from how its words were parsed. Values of flags are text: an action reads durations and numbers itself. */
export interface ActionInput<Flags, Args> {
  readonly flags: Flags & SpecFlags;
  readonly args: Args;
  /** The result is printed as JSON by the caller, and nothing else goes to standard output. */
  readonly json: boolean;
  readonly terminal: Terminal;
  /** Where compiled specs are kept. Undefined: nowhere. */
  readonly specCache?: SpecCacheOptions | undefined;
  /** Called when there is more than one rotation: to look at several asks the disk, before it is known whether any is due. */
  readonly onMany?: (() => void) | undefined;
}

/** Rotations by name or glob. */
export interface NamesArgs {
  readonly names?: readonly string[] | undefined;
}

/** The verdict of a command; 0 leaves what was set before. */
export function exitWith(code: number): void {
  if (code !== 0) process.exitCode = code;
}
