import type { AttemptReport } from "../history-report.ts";
import type { Bundles } from "./bundles.ts";
import type { Database, Sql } from "./database.ts";
import { createGroups } from "./grouped.ts";
import type { Hold } from "./hold.ts";
import type { Queue } from "./queue.ts";
import { dueTimes, keepAttempts, standing, writeRows, type Change, type Rows } from "./rows.ts";

/** Writes of all claims of this process, together where they come together. Each says whether the claim stood. */
export interface Writer {
  readonly append: (change: Change) => Promise<boolean>;
  /** Writes nothing: only says whether. It is asked after the call, never before. */
  readonly stands: (change: Change) => Promise<boolean>;
  /** With what was tried, and the end of the job that the claim was the last of: all or nothing. */
  readonly settle: (settling: Settling) => Promise<boolean>;
}

/** How one claim ends. */
export interface Settling {
  readonly change: Change;
  readonly attempts: readonly AttemptReport[];
  readonly ends?: Hold;
}

/** Three groups at once at most: what is appended, what is asked, and what is settled. */
export function createWriter(
  { database, queue, ...rows }: Rows & { readonly database: Database; readonly queue: Queue },
  bundles: () => Bundles,
): Writer {
  async function settleAll(settlings: readonly Settling[]): Promise<readonly boolean[]> {
    return database.transaction(async (sql) => {
      const written = await writeRows(sql, rows, { changes: settlings.map(({ change }) => change), end: true });
      const kept = settlings.filter(({ change }) => written.has(change.rotation));
      await keepAttempts(
        sql,
        rows,
        kept.flatMap(({ attempts }) => attempts),
      );
      const said = kept.flatMap(({ change: { rotation, due } }) =>
        due === undefined ? [] : [[rotation, due] as const],
      );
      const ended = settlings.flatMap(({ ends }) => ends ?? []);
      await endJobs(sql, ended, new Map(said));
      return settlings.map(({ change }) => written.has(change.rotation));
    });
  }

  /** What a settlement says of the only rotation of a job needs not be asked for. */
  async function endJobs(sql: Sql, holds: readonly Hold[], said: ReadonlyMap<string, number>): Promise<void> {
    const ended = holds.filter((hold) => !hold.isLost()).map(({ job }) => job);
    if (ended.length === 0) return;
    const keys = ended.map(({ key }) => key).filter((key) => bundles().has(key));
    const members = keys.map((key) => bundles().members(key));
    const asked = members.flatMap((names) => (names.length === 1 && said.has(names[0]!) ? [] : names));
    const times = new Map([...said, ...(asked.length > 0 ? await dueTimes(sql, rows, asked) : [])]);
    const next = keys.map((key, at) => ({ key, at: earliest(members[at]!.map((name) => times.get(name) ?? 0)) }));
    await queue.replace(sql, ended, next);
  }

  return {
    append: createGroups(async (changes: readonly Change[]) => {
      const written = await writeRows(database, rows, { changes, end: false });
      return changes.map(({ rotation }) => written.has(rotation));
    }),
    stands: createGroups(async (changes: readonly Change[]) => {
      const kept = await standing(database, rows, changes);
      return changes.map(({ claim }) => kept.has(claim));
    }),
    settle: createGroups(settleAll),
  };
}

function earliest(times: readonly number[]): number {
  return times.reduce((first, at) => Math.min(first, at), Infinity);
}
