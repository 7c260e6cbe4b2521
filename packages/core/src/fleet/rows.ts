/** The rows of the rotations: whoever's claim stands in one may write it, and nobody else. */
import { randomUUID } from "node:crypto";
import { EngineError } from "../engine-error.ts";
import type { AttemptReport } from "../history-report.ts";
import type { RotationClock } from "../schedule/clock.ts";
import { reduce } from "../store/reduce.ts";
import type { JournalRecord } from "../store/records.ts";
import { emptyState, liveLeases, type RotationState } from "../store/state.ts";
import type { Row, Sql } from "./database.ts";
import type { Schemas } from "./schema.ts";

/** Which rows. */
export interface Rows {
  readonly schemas: Schemas;
  /** The spec's name. */
  readonly spec: string;
}

/** A row that was taken. */
export interface TakenRow {
  readonly rotation: string;
  readonly claim: string;
  readonly state: RotationState;
  readonly isUnfinished: boolean;
  /** Rotation time, ms. */
  readonly due: number;
}

/** What the holder of a claim writes. */
export interface Change {
  readonly rotation: string;
  readonly claim: string;
  /** Absent: as it is. */
  readonly state?: RotationState;
  /** Rotation time, ms. Absent: as before. */
  readonly due?: number;
}

/** Kept of each rotation. */
const kept = 500;

/** A state as it is kept; an empty one where there is none. */
export function stateIn(row: Row | undefined, rotation: string): RotationState {
  return (row?.["state"] as RotationState | null | undefined) ?? emptyState(rotation);
}

/** The states of these, in their order. */
export async function statesIn(
  { query }: Sql,
  { schemas: { own }, spec }: Rows,
  rotations: readonly string[],
): Promise<readonly RotationState[]> {
  const found = await query(`select name, state from ${own}.rotation where spec = $1 and name = any ($2)`, [
    spec,
    rotations,
  ]);
  const states = new Map(found.map((row) => [String(row["name"]), row]));
  return rotations.map((rotation) => stateIn(states.get(rotation), rotation));
}

/** Who takes rows. */
interface Taking extends Rows {
  readonly clock: RotationClock;
  /** For people: which process. */
  readonly holder: string;
  /** The hash of the spec that this process works by; undefined: by none. */
  readonly published: () => string | undefined;
  /** Also those that are kept elsewhere, or on their way. */
  readonly away?: boolean;
}

/**
 * Puts a new claim into each of these rows: from then on no write of an earlier holder is taken. Throws EngineError `ROTATE_SPEC_OUTDATED` when the fleet works by
 * another spec than this process. What is kept elsewhere is left as it is, and not among them.
 */
export async function takeRows(
  { query }: Sql,
  names: readonly string[],
  { schemas: { own }, spec, clock, holder, published, away = false }: Taking,
): Promise<readonly TakenRow[]> {
  if (names.length === 0) return [];
  const select = `select r.name, r.state, r.due, r.timeline, ${timelineNow} as now_on, s.hash, s.by from ${own}.rotation r left join ${own}.spec s on s.name = r.spec
    where r.spec = $1 and r.name = any ($2) order by r.name for update of r`;
  const found = await query(select, [spec, names]);
  const all = found.length === names.length ? found : await afterAdding();
  refuseOutdated(spec, all[0], published());
  const rows = all.filter((row) => away || stateIn(row, "").away === undefined);
  const before = rows.map((row) => stateIn(row, String(row["name"])));
  for (const state of before) clock.observe(state.clock);
  const taken = before.map((state, at) => ({
    rotation: state.name,
    claim: randomUUID(),
    state: [...doubtsOf(rows[at]!, state), { type: "opened" } as const].reduce(
      (known, record) => reduce(known, record, clock.note()),
      state,
    ),
    isUnfinished: state.attempt !== undefined,
    due: Number(rows[at]!["due"]),
  }));

  async function afterAdding(): ReturnType<typeof query> {
    const insert = `insert into ${own}.rotation (spec, name) select $1, unnest($2::text[]) on conflict do nothing`;
    await query(insert, [spec, [...names].toSorted()]);
    return query(select, [spec, names]);
  }

  await query(
    `update ${own}.rotation r set claim = i.claim, holder = $2, claimed_at = now(), state = i.state, timeline = ${timelineNow}, changed_in = pg_current_xact_id()
     from unnest($3::text[], $4::uuid[], $5::json[]) as i (name, claim, state) where r.spec = $1 and r.name = i.name`,
    [
      spec,
      holder,
      taken.map(({ rotation }) => rotation),
      taken.map(({ claim }) => claim),
      taken.map(({ state }) => JSON.stringify(state)),
    ],
  );
  return taken;
}

/** The history of writes that the server is on: another one after it was promoted, or put back to an earlier moment. */
const timelineNow = "left(pg_walfile_name(pg_current_wal_lsn()), 8)";

/** The last that was written on the other timeline may be lost: of no lease it is sure any more where it is, and none is revoked until its rotation has settled again. */
function doubtsOf(row: Row, state: RotationState): readonly JournalRecord[] {
  if (row["timeline"] == null || row["timeline"] === row["now_on"]) return [];
  return liveLeases(state).map(({ id }) => ({ type: "doubt", lease: id }));
}

function refuseOutdated(spec: string, row: Row | undefined, hash: string | undefined): void {
  if (hash === undefined || typeof row?.["hash"] !== "string" || row["hash"] === hash) return;
  throw new EngineError(`${String(row["by"])} works by another version of the spec ${spec}`, {
    code: "ROTATE_SPEC_OUTDATED",
    exitCode: 6,
    hint: "bring this host to the same spec; if this one is meant to count again, `rotate state publish` says so to all hosts",
  });
}

/** Writes each whose claim still stands; gives their names. Who is missing was overtaken, and the others are written. */
export async function writeRows(
  { query }: Sql,
  { schemas: { own }, spec }: Rows,
  { changes, end }: { readonly changes: readonly Change[]; readonly end: boolean },
): Promise<ReadonlySet<string>> {
  if (changes.length === 0) return new Set();
  const sorted = changes.toSorted((one, other) => (one.rotation < other.rotation ? -1 : 1));
  const rows = await query(
    `update ${own}.rotation r set state = coalesce(i.state, r.state), due = coalesce(i.due, r.due)
       ${end ? ", claim = null, holder = null, claimed_at = null" : ""}, changed_in = pg_current_xact_id()
     from unnest($2::text[], $3::uuid[], $4::json[], $5::double precision[]) as i (name, claim, state, due)
     where r.spec = $1 and r.name = i.name and r.claim = i.claim returning r.name`,
    [
      spec,
      sorted.map(({ rotation }) => rotation),
      sorted.map(({ claim }) => claim),
      sorted.map(({ state }) => (state === undefined ? null : JSON.stringify(state))),
      sorted.map(({ due }) => due ?? null),
    ],
  );
  return new Set(rows.map(({ name }) => String(name)));
}

/** Which of these claims stand? Gives their ids. */
export async function standing(
  { query }: Sql,
  { schemas: { own }, spec }: Rows,
  claims: readonly Change[],
): Promise<ReadonlySet<string>> {
  const rows = await query(
    `select r.claim from unnest($2::text[], $3::uuid[]) as i (name, claim)
     join ${own}.rotation r on r.spec = $1 and r.name = i.name and r.claim = i.claim`,
    [spec, claims.map(({ rotation }) => rotation), claims.map(({ claim }) => claim)],
  );
  return new Set(rows.map(({ claim }) => String(claim)));
}

/** When rotations are due, by name. */
export async function dueTimes(
  { query }: Sql,
  { schemas: { own }, spec }: Rows,
  names: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await query(`select name, due from ${own}.rotation where spec = $1 and name = any ($2)`, [spec, names]);
  return new Map(rows.map(({ name, due }) => [String(name), Number(due)]));
}

/** Keeps what was tried, and not without end. */
export async function keepAttempts(
  { query }: Sql,
  { schemas: { own }, spec }: Rows,
  attempts: readonly AttemptReport[],
): Promise<void> {
  if (attempts.length === 0) return;
  await query(
    `insert into ${own}.attempt (day, spec, id, rotation, started_at, outcome, report)
     select left(i.at, 10)::date, $1, i.* from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::json[]) as i (id, rotation, at, outcome, report)
     on conflict (spec, id, day) do update set report = excluded.report, outcome = excluded.outcome`,
    [
      spec,
      attempts.map(({ id }) => id),
      attempts.map(({ rotation }) => rotation),
      attempts.map(({ startedAt }) => startedAt),
      attempts.map(({ outcome }) => outcome),
      attempts.map((attempt) => JSON.stringify(attempt)),
    ],
  );
  await query(
    `delete from ${own}.attempt a using unnest($2::text[]) as i (rotation) where a.spec = $1 and a.rotation = i.rotation and (a.started_at, a.nth) <=
       (select started_at, nth from ${own}.attempt where spec = $1 and rotation = i.rotation order by started_at desc, nth desc offset ${kept} limit 1)`,
    [spec, [...new Set(attempts.map(({ rotation }) => rotation))]],
  );
}
