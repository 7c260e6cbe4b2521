import { parseDuration } from "@rotate/core";
import { UsageError } from "./failure.ts";

/** Milliseconds of a duration flag. Throws UsageError. @param name the flag, for the message @param text as typed */
export function durationValue(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const milliseconds = text === "0" ? 0 : parseDuration(text); // none at all needs no unit
  if (milliseconds !== undefined) return milliseconds;
  throw new UsageError(`--${name} ${text} is not a duration`, "write it like 90s, 5m or 1h30m");
}

/** A whole number from 1. Throws UsageError. @param name the flag, for the message @param text as typed */
export function countValue(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new UsageError(`--${name} ${text} is not a whole number from 1 to 999999`);
}

/** An instant: so long ago (`24h`), or RFC 3339. Throws UsageError. @param name the flag, for the message @param text as typed @param now ms since 1970 */
export function instantValue(name: string, text: string | undefined, now: number): string | undefined {
  if (text === undefined) return undefined;
  const ago = parseDuration(text);
  const at = ago === undefined ? Date.parse(text) : now - ago;
  if (!Number.isNaN(at)) return new Date(at).toISOString();
  throw new UsageError(`--${name} ${text} is no time`, "write how long ago, like 24h, or 2026-01-31T08:00:00Z");
}
