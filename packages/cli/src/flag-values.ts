import { parseDuration } from "@rotate/core";
import { UsageError } from "./failure.ts";

/** Milliseconds of a duration flag. Throws UsageError. @param name the flag, for the message @param text as typed */
export function durationValue(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const milliseconds = parseDuration(text);
  if (milliseconds !== undefined) return milliseconds;
  throw new UsageError(`--${name} ${text} is not a duration`, "write it like 90s, 5m or 1h30m");
}

/** A whole number from 1. Throws UsageError. @param name the flag, for the message @param text as typed */
export function countValue(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new UsageError(`--${name} ${text} is not a whole number from 1 to 999999`);
}
