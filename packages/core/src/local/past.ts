/** What the state of one machine keeps of a rotation beside its state. */
import { newTo, wholePast, type HistoryQuery, type Past, type Store } from "../backend/backend.ts";
import type { AttemptReport, HistoryEvent } from "../history-report.ts";
import type { StandingMark } from "../report.ts";
import type { Statements } from "./statements.ts";

/** Of each rotation. */
export const keptAttempts = 500;
const keptEvents = 500;

/** The past of rotations, over a file that is read and written so. */
export function pastIn(
  read: <T>(work: (sql: Statements) => T) => T,
  writeDurably: (work: (sql: Statements) => void) => Promise<void>,
): Pick<Store, "past" | "keepPast" | "dropPast"> {
  return {
    past: async (rotation) => read((sql) => pastOf(sql, rotation)),
    keepPast: (rotation, past) => writeDurably((sql) => keepPast(sql, rotation, past)),
    dropPast: (rotation) => writeDurably((sql) => dropPast(sql, rotation)),
  };
}

function pastOf(sql: Statements, rotation: string): Past {
  const bounds = { rotation, ...boundsOf({}), limit: wholePast };
  const [told] = sql.told.all(JSON.stringify([rotation]));
  const attempts = sql.attemptsOf.all({ ...bounds, outcomes: null });
  return {
    attempts: attempts.map(({ report }) => JSON.parse(String(report)) as AttemptReport),
    events: sql.eventsOf.all(bounds).map(({ event }) => JSON.parse(String(event)) as HistoryEvent),
    ...(told && { told: JSON.parse(String(told["mark"])) as StandingMark }),
  };
}

function keepPast(sql: Statements, rotation: string, past: Past): void {
  for (const event of newTo(pastOf(sql, rotation).events, past)) recordEvent(sql, event);
  for (const report of past.attempts) sql.attempt.run(report.id, rotation, report.startedAt, JSON.stringify(report));
  sql.pruneAttempts.run(rotation, rotation, keptAttempts);
  if (past.told) sql.tell.run(rotation, JSON.stringify(past.told));
}

function dropPast(sql: Statements, rotation: string): void {
  for (const drop of [sql.dropAttempts, sql.dropEvents, sql.untell, sql.removeStamps]) drop.run(rotation);
}

/** Keeps one, and not without end. */
export function recordEvent(sql: Statements, event: HistoryEvent): void {
  sql.event.run(event.rotation, event.at, JSON.stringify(event));
  sql.pruneEvents.run(event.rotation, event.rotation, keptEvents);
}

/** As statements have it. */
export function boundsOf({ before, after }: Pick<HistoryQuery, "before" | "after">): {
  readonly before: string | null;
  readonly after: string | null;
} {
  return { before: before ?? null, after: after ?? null };
}
