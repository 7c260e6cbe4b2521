import type { RotationStatus } from "@rotate/core";

/** Words for time. What is left is rounded down; nothing that is to come is told as past. */
const units = [
  { name: "d", size: 86_400_000 },
  { name: "h", size: 3_600_000 },
  { name: "m", size: 60_000 },
  { name: "s", size: 1_000 },
] as const;

const second = 1_000;
const near = 12 * 3_600_000;

/** `2d 4h`, `1h 3m`, `48m`, `35s`: rounded down, and never less than `1s`. @param milliseconds a length; its sign is dropped */
export function span(milliseconds: number): string {
  const length = Math.max(Math.abs(milliseconds), second);
  const index = units.findIndex(({ size }) => length >= size);
  const [unit, smaller] = units.slice(index) as unknown as readonly [(typeof units)[number], (typeof units)[number]?];
  const whole = `${Math.floor(length / unit.size)}${unit.name}`;
  const rest = smaller === undefined ? 0 : Math.floor((length % unit.size) / smaller.size);
  const fine = (unit.name === "d" || unit.name === "h") && length < 10 * unit.size && rest > 0;
  return fine ? `${whole} ${rest}${smaller?.name}` : whole;
}

/** `just now`, `3m ago`. @param instant RFC 3339, past @param now milliseconds since 1970 */
export function ago(instant: string, now: number): string {
  const gone = now - Date.parse(instant);
  return gone < 5 * second ? "just now" : `${span(gone)} ago`;
}

/** What rotate will do: `in 21m`, `now`, and `late by 40s` when it should have been done. @param instant RFC 3339 @param now milliseconds since 1970 */
export function will(instant: string, now: number): string {
  const left = Date.parse(instant) - now;
  if (left > 5 * second) return `in ${span(left)}`;
  return left >= -30 * second ? "now" : `late by ${span(left)}`;
}

/** What is left of a life: `48m left`, `ended 14m ago`, `never ends`. @param expiresAt RFC 3339 @param now milliseconds since 1970 */
export function leftOf(expiresAt: string | undefined, now: number): string {
  if (expiresAt === undefined) return "never ends";
  const left = Date.parse(expiresAt) - now;
  return left > 0 ? `${span(left)} left` : `ended ${ago(expiresAt, now)}`;
}

/** What is published, and until when all that may be in use works. */
export interface Lives {
  readonly credential?: RotationStatus["credential"] | undefined;
  readonly expiresAt?: string | undefined;
}

/** What is left of all that may be in use. `unknown`: it has an end, and nobody can tell when it is. @param now milliseconds since 1970 */
export function lifeLeft(lives: Lives, now: number): string {
  return isEndUnknown(lives) ? "unknown" : leftOf(lives.expiresAt, now);
}

/** What is published has an end, and what it is counted from is in doubt. */
export function isEndUnknown({ credential, expiresAt }: Lives): boolean {
  return expiresAt === undefined && credential?.expiresAt !== undefined;
}

/** `expires in 48m`, `expired 2m ago`, `never expires`. @param expiresAt RFC 3339 @param now milliseconds since 1970 */
export function describeExpiry(expiresAt: string | undefined, now: number): string {
  if (expiresAt === undefined) return "never expires";
  const left = Date.parse(expiresAt) - now;
  return left > 0 ? `expires in ${span(left)}` : `expired ${ago(expiresAt, now)}`;
}

const instants = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

/** The instants that a sentence names (RFC 3339, as logs and JSON tell them), for who looks: `02:20:04` of the last or next twelve hours, else with the date. Local. @param now milliseconds since 1970 */
export function localTimes(text: string, now: number): string {
  return text.replaceAll(instants, (instant) => {
    const at = new Date(instant);
    const isNear = Math.abs(at.getTime() - now) < near;
    return isNear ? at.toLocaleTimeString("en-GB") : at.toLocaleString("sv-SE");
  });
}

/** `312 ms`, `1.2 s`, `2m`: how long a step took. */
export function formatElapsed(milliseconds: number): string {
  if (milliseconds < second) return `${Math.round(milliseconds)} ms`;
  return milliseconds < 60_000 ? `${(milliseconds / second).toFixed(1)} s` : span(milliseconds);
}
