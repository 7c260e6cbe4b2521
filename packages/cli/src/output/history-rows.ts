import type { AttemptReport, HistoryEvent, HistoryReport } from "@rotate/core";
import { type Tone, toneOf } from "./look.ts";

/** What happened, as a line: an attempt, or something beside the attempts. */
export interface HistoryRow {
  /** RFC 3339. */
  readonly at: string;
  readonly rotation: string;
  readonly tone: Tone;
  readonly result: string;
  /** ms; absent where nothing took time. */
  readonly took?: number;
  readonly what: string;
  /** The same again and again: how often, and since when. */
  readonly times: number;
  readonly since: string;
  /** Lines of one rotation that say the same may be one line. Absent: each counts. */
  readonly sameAs?: string;
}

/** Oldest first: what is newest is nearest to the prompt. */
export function rowsOf({ attempts, events }: HistoryReport): readonly HistoryRow[] {
  return [...attempts.map(attemptRow), ...events.map(eventRow)].toSorted(byTime);
}

function byTime({ at: one }: HistoryRow, { at: other }: HistoryRow): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** Failures of a rotation that come one after the other for the same reason become one row, at the place of the last. */
export function folded(rows: readonly HistoryRow[]): readonly HistoryRow[] {
  const last = new Map<string, HistoryRow>();
  const kept = new Set<HistoryRow>();
  for (const row of rows) {
    const before = last.get(row.rotation);
    const isSame = before?.sameAs !== undefined && before.sameAs === row.sameAs;
    const one = isSame ? { ...row, times: before.times + 1, since: before.since } : row;
    if (isSame) kept.delete(before);
    kept.add(one);
    last.set(row.rotation, one);
  }
  return [...kept];
}

function attemptRow({
  startedAt: at,
  rotation,
  outcome,
  durationMs,
  why,
  credential,
  phases,
  reason,
}: AttemptReport): HistoryRow {
  const failed = phases.find(({ error }) => error !== undefined);
  const head = { at, rotation, took: durationMs, times: 1, since: at };
  if (failed?.error === undefined) {
    const what = [why, credential?.fingerprint].filter((text) => text !== undefined).join("  ");
    return { ...head, tone: outcome === "failed" || outcome === "expired" ? "bad" : "ok", result: outcome, what };
  }
  const result = `${failed.phase} failed`;
  const tone = outcome === "reload-owed" ? "warn" : outcome === "rotated" ? "ok" : "bad";
  const what = failed.error.message || reason;
  return { ...head, tone, result, what, sameAs: `${result} ${what}` };
}

const words: Readonly<Record<HistoryEvent["type"], readonly [Tone, string]>> = {
  "standing-changed": ["note", "forgotten"],
  "lease-revoked": ["off", "revoked"],
  "revoke-failed": ["warn", "not revoked"],
  "renew-failed": ["warn", "not renewed"],
  "attempt-killed": ["bad", "cut off"],
};

function eventRow({ at, rotation, type, message, after }: HistoryEvent): HistoryRow {
  const [tone, result] = words[type];
  const told = after === undefined ? { tone, result } : { tone: toneOf(after.state), result: after.state };
  const isFailure = type === "revoke-failed" || type === "renew-failed";
  const head = { at, rotation, ...told, what: message, times: 1, since: at };
  return isFailure ? { ...head, sameAs: `${type} ${message}` } : head;
}
