import { announces, dueAfter, fenced, type Claim, type Settlement } from "../backend/claim.ts";
import { reduce } from "../store/reduce.ts";
import type { JournalRecord } from "../store/records.ts";
import type { Ground } from "./ground.ts";
import { isUnreachable } from "./database-error.ts";
import type { Hold } from "./hold.ts";
import type { Change, TakenRow } from "./rows.ts";

const overtaken =
  "was this process stopped, or the database away, for longer than ten seconds? What was under way is looked after by whoever has it now";

/** The claim on a rotation whose row was taken under a job of this process. */
export function openClaim(row: TakenRow, hold: Hold, ground: Ground): Claim {
  const { rotation, claim } = row;
  const { writer, pulse, clock } = ground;
  const losing = new AbortController();
  hold.lost.addEventListener("abort", () => losing.abort());
  let { state } = row;
  let isSettled = false;

  function lose(): never {
    losing.abort();
    throw fenced(rotation, overtaken);
  }

  function isOurs(): boolean {
    return !isSettled && !losing.signal.aborted;
  }

  function folded(records: readonly JournalRecord[]): typeof state {
    const stamp = clock.note();
    return records.reduce((before, record) => reduce(before, record, stamp), state);
  }

  function changeOf(next: typeof state | undefined, due: number | undefined): Change {
    return { rotation, claim, ...(next && { state: next }), ...(due !== undefined && { due }) };
  }

  async function append(records: readonly JournalRecord[]): Promise<typeof state> {
    if (!isOurs()) lose();
    const next = folded(records);
    try {
      if (!(await writer.append(changeOf(next, dueAfter({ records }))))) lose();
    } catch (error) {
      // What announces no act may be lost; the next record writes the whole state, and nobody else can have it yet.
      if (!isUnreachable(error) || announces(records) || !pulse.isSure(hold)) throw error;
    }
    state = next;
    return state;
  }

  async function guard(): Promise<void> {
    if (!isOurs()) lose();
    await pulse.check(hold);
    const isKept = await writer.stands({ rotation, claim }).catch((error: unknown) => {
      if (!isUnreachable(error) || !pulse.isSure(hold)) throw error;
      return true;
    });
    if (!isKept || !isOurs()) lose();
  }

  async function settle(left: Settlement = {}): Promise<void> {
    if (isSettled) return;
    const { records = [], attempts = [], next } = left;
    const isEmpty = records.length === 0 && attempts.length === 0 && next === undefined;
    const wasOurs = isOurs();
    isSettled = true;
    const change = changeOf(records.length > 0 ? folded(records) : undefined, dueAfter(left));
    const ends = hold.exit(rotation) ? hold : undefined;
    try {
      const isWritten = await writer.settle({ change, attempts, ...(ends && { ends }) });
      if (!isEmpty && !(isWritten && wasOurs)) lose();
    } catch (error) {
      // Nothing was to be kept: the job lapses, and whoever takes it finds the rotation as it was.
      if (!isEmpty || !isUnreachable(error)) throw error;
    } finally {
      ends?.end();
    }
  }

  hold.onGiveBack(rotation, () => settle());
  return {
    rotation,
    id: claim,
    predecessor: row.isUnfinished ? "unknown" : "none",
    lost: losing.signal,
    state: () => state,
    now: clock.now,
    append,
    guard,
    settle,
  };
}
