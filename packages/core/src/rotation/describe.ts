import type { CredentialReport } from "../report.ts";
import type { RotationClock } from "../schedule/clock.ts";
import { shortFingerprint } from "../store/fingerprint.ts";
import type { LeaseState } from "../store/state.ts";

type Wall = Pick<RotationClock, "wallAt">;

/** A lease as reports show it: never a value. Its own end, whatever else is held. */
export function credentialReport(lease: LeaseState, { wallAt }: Wall): CredentialReport {
  return {
    fingerprint: shortFingerprint(lease.fingerprint),
    issuedAt: instant(wallAt(lease.issuedAt)),
    ...(lease.expiresAt !== null && { expiresAt: instant(wallAt(lease.expiresAt)) }),
  };
}

/** RFC 3339; the last one that it can tell for what lies beyond. @param ms since 1970, wall clock */
export function instant(ms: number): string {
  const slot = ms & (recent.length - 1);
  const known = recent[slot];
  if (known?.ms === ms) return known.text;
  const text = textOf(ms);
  recent[slot] = { ms, text };
  return text;
}

/** Of one rotation the same few instants are told again and again. */
const recent: { readonly ms: number; readonly text: string }[] = Array.from({ length: 32 }, () => ({
  ms: NaN,
  text: "",
}));

function textOf(ms: number): string {
  const at = Math.trunc(Math.min(ms, latest));
  const day = Math.floor(at / dayLength);
  if (day !== lastDay.day) lastDay = { day, text: new Date(day * dayLength).toISOString().slice(0, -timeLength) };
  const inDay = at - day * dayLength;
  return `${lastDay.text}${digits(inDay / 3_600_000, 24)}:${digits(inDay / 60_000, 60)}:${digits(inDay / 1_000, 60)}.${String(inDay % 1_000).padStart(3, "0")}Z`;
}
const latest = 8_640_000_000_000_000;
const dayLength = 86_400_000;
/** Of `00:00:00.000Z`. */
const timeLength = 13;
/** Thousands of instants are told in one view, of few days: Date makes the text of each anew, at four times the price. */
let lastDay = { day: NaN, text: "" };

function digits(count: number, of: number): string {
  const rest = Math.floor(count) % of;
  return rest < 10 ? `0${rest}` : String(rest);
}

/** `{ [key]: instant }` of an instant of rotation time, or nothing for one that does not come. */
export function instantAt<K extends string>(key: K, ms: number, { wallAt }: Wall): { readonly [P in K]?: string } {
  if (!Number.isFinite(ms) || ms <= 0) return {};
  return { [key]: instant(wallAt(ms)) } as { readonly [P in K]?: string };
}
