/** Which spec a fleet works by: hosts with an older one and hosts with a newer one never take turns. */
import { createHash } from "node:crypto";
import type { Rotation } from "../loading/model.ts";
import type { Bundles } from "./bundles.ts";
import { timeIn } from "./clock.ts";
import type { Database, Sql } from "./database.ts";
import { readNote, writeNote } from "./notes.ts";
import type { Queue } from "./queue.ts";
import { dueTimes, type Rows } from "./rows.ts";
import { lockFor } from "./schema.ts";

type Named = Pick<Rotation, "name" | "hash" | "reloads">;

/** Tells whether two hosts have the same rotations. */
export function specHash(rotations: readonly Named[]): string {
  const parts = rotations.map(({ name, hash, reloads }) => [name, hash, reloads.map((reload) => reload.name)]);
  const text = JSON.stringify(parts.toSorted(([one], [other]) => (String(one) < String(other) ? -1 : 1)));
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** A spec as one process has it. */
export interface Publication {
  readonly hash: string;
  readonly bundles: Bundles;
  readonly names: readonly string[];
  readonly renamed?: readonly Pick<Rotation, "name" | "renamedFrom">[];
  /** For people: which process. */
  readonly by: string;
  /** A person says that this one counts, though another has replaced it. */
  readonly anyway?: boolean;
}

/** How long what another worker has found whole counts as that when one starts, ms: many start at once. */
const justNow = 60_000;
/** And while they work. */
export const lookAgainAfter = 10 * 60_000;

/**
 * Makes it what the fleet works by, unless another has replaced it before; gives whether it is that now. Each rotation of it has a job then, and no other has.
 * @param wholeFor that is not looked at again when somebody did within so many ms
 */
export async function publishSpec(
  database: Database,
  queue: Queue,
  {
    publication,
    wholeFor = justNow,
    ...rows
  }: Rows & { readonly publication: Publication; readonly wholeFor?: number },
): Promise<boolean> {
  const { own } = rows.schemas;
  return database.transaction(async (sql) => {
    await sql.query(patience);
    await lockFor(sql, rows.schemas, `spec ${rows.spec}`);
    const [current] = await sql.query(`select hash, generation from ${own}.spec where name = $1`, [rows.spec]);
    if (current?.["hash"] !== publication.hash) {
      const generation = Number(current?.["generation"] ?? 0) + 1;
      if (publication.anyway !== true && (await isReplaced(sql, rows, publication.hash))) return false;
      await sql.query(
        `insert into ${own}.spec (name, generation, hash, by) values ($1, $2, $3, $4)
         on conflict (name) do update set generation = excluded.generation, hash = excluded.hash, by = excluded.by, published_at = now()`,
        [rows.spec, generation, publication.hash, publication.by],
      );
      await sql.query(
        `insert into ${own}.spec_hash (spec, hash, generation) values ($1, $2, $3) on conflict (spec, hash) do update set generation = excluded.generation`,
        [rows.spec, publication.hash, generation],
      );
    }
    if (publication.anyway !== true && (await isWhole(sql, queue, { rows, publication, within: wholeFor })))
      return true;
    await reconcile(sql, queue, { rows, publication });
    const seen: Seen = { hash: publication.hash, at: await timeIn(sql) };
    await writeNote(sql, rows, { key: wholeKey, value: seen });
    return true;
  });
}

/** A hundred thousand rotations take a second, and workers that start together wait for each other. */
const patience = "set local lock_timeout = '14s'; set local statement_timeout = '14s'";

const wholeKey = "jobs";

interface Whole {
  readonly rows: Rows;
  readonly publication: Publication;
  /** ms */
  readonly within: number;
}

/** What was seen of the jobs of a spec, and when: the database's time, ms. */
interface Seen {
  readonly hash: string;
  readonly at: number;
}

/** Has somebody just seen that each rotation of this very spec has its job, and are there still as many? */
async function isWhole(sql: Sql, queue: Queue, { rows, publication, within }: Whole): Promise<boolean> {
  const seen = (await readNote(sql, rows, wholeKey)) as Seen | undefined;
  if (seen?.hash !== publication.hash) return false;
  const age = (await timeIn(sql)) - seen.at;
  return age >= 0 && age <= within && (await queue.count(sql)) >= publication.bundles.keys().length;
}

async function isReplaced({ query }: Sql, { schemas: { own }, spec }: Rows, hash: string): Promise<boolean> {
  const rows = await query(`select from ${own}.spec_hash where spec = $1 and hash = $2`, [spec, hash]);
  return rows.length > 0;
}

async function reconcile(
  sql: Sql,
  queue: Queue,
  { rows, publication: { bundles, names } }: { readonly rows: Rows; readonly publication: Publication },
): Promise<void> {
  const { own } = rows.schemas;
  await sql.query(`insert into ${own}.rotation (spec, name) select $1, unnest($2::text[]) on conflict do nothing`, [
    rows.spec,
    names,
  ]);
  await queue.keepOnly(sql, bundles.keys());
  const lacking = await queue.lacking(sql, bundles.keys());
  const times = await dueTimes(sql, rows, lacking.flatMap(bundles.members));
  const due = lacking.map((key) => ({
    key,
    at: bundles.members(key).reduce((first, name) => Math.min(first, times.get(name) ?? 0), Infinity),
  }));
  await queue.add(sql, due);
}
