import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { StandingMark } from "../../src/report.ts";
import { emptyState } from "../../src/store/state.ts";
import { openSqliteState } from "../../src/local/sqlite.ts";

/** What the first version wrote: a rotation that settled, one whose reload is owed, one that fails. */
interface Layout1 {
  readonly version: number;
  readonly schema: readonly string[];
  readonly meta: readonly { readonly key: string; readonly value: string }[];
  readonly rotations: readonly { readonly name: string; readonly epoch: number; readonly state: object }[];
}

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rotate-upgrade-"));
  writeLayout1(JSON.parse(readFileSync(join(import.meta.dirname, "layout-1.json"), "utf8")) as Layout1);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function writeLayout1({ version, schema, meta, rotations }: Layout1): void {
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const database = new DatabaseSync(join(directory, "state.db"));
  for (const statement of schema) database.exec(statement);
  for (const { key, value } of meta) database.prepare("insert into meta values (?, ?)").run(key, value);
  const insert = database.prepare("insert into rotations values (?, ?, ?)");
  for (const { name, epoch, state } of rotations) insert.run(name, epoch, JSON.stringify(state));
  database.exec(`pragma user_version = ${version}`);
  database.close();
}

test("a state of the first layout goes on: terms count from the mint, what was owed or failed is kept", async () => {
  const store = openSqliteState(directory);
  const settled = await store.load("settled");
  const lease = settled.leases[settled.settled ?? ""];
  expect(lease).toMatchObject({
    phase: "live",
    asOf: lease?.issuedAt,
    given: (lease?.expiresAt ?? 0) - (lease?.issuedAt ?? 0),
  });
  expect(lease?.span).toBe(lease?.given);
  expect(settled).toMatchObject({ waste: [], early: [], clock: { time: 1795902060814, bootId: expect.any(String) } });
  const owed = await store.load("owed");
  expect(owed).toMatchObject({ owed: { kind: "reload", error: { code: "ROTATE_RELOAD_FAILED" } } });
  expect(owed.failure).toBeUndefined();
  expect((await store.load("failing")).failure).toMatchObject({ code: "ROTATE_VERIFY_FAILED", since: 1795902087650 });
  await store.close();
});

test("a state from before due times goes on: what it knows is due at once, and of what was never told everything is news", async () => {
  rmSync(join(directory, "state.db"));
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const database = new DatabaseSync(join(directory, "state.db"));
  database.exec(`create table rotations (name text primary key, epoch integer not null, state text not null) strict;
    create table meta (key text primary key, value text not null) strict; pragma user_version = 3`);
  const state = { ...emptyState("db"), epoch: 7, seq: 9, settled: "l1" };
  database.prepare("insert into rotations values (?, ?, ?)").run("db", 7, JSON.stringify(state));
  database.close();
  const store = openSqliteState(directory);
  expect(await store.load("db")).toEqual(state);
  expect(await store.dueTimes()).toEqual([{ rotation: "db", at: 0 }]);
  const seen = { rotation: "db", at: "2026-01-01T00:00:00.000Z", message: "all is well" };
  expect(await store.tell([{ ...seen, after: { state: "fresh", code: "fresh", exit: 0 } }])).toHaveLength(1);
  await store.close();
});

/** As later versions wrote it: the same three rotations, with their past. */
interface Later {
  readonly version: number;
  readonly schema: readonly string[];
  readonly tables: Readonly<Record<string, readonly Readonly<Record<string, string | number>>[]>>;
}

function writeLater({ version, schema, tables }: Later): void {
  rmSync(join(directory, "state.db"));
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const database = new DatabaseSync(join(directory, "state.db"));
  for (const statement of schema) database.exec(statement);
  for (const [table, rows] of Object.entries(tables))
    for (const row of rows) {
      const marks = Object.keys(row).map(() => "?");
      const columns = Object.keys(row).join(", ");
      database.prepare(`insert into ${table} (${columns}) values (${marks.join(", ")})`).run(...Object.values(row));
    }
  database.exec(`pragma user_version = ${version}`);
  database.close();
}

const later: readonly (readonly [number, Readonly<Record<string, string>>])[] = [
  [5, {}],
  [6, { owed: "p1" }],
];

test.each(later)(
  "a state of layout %d goes on as it is, with its past, and nothing of it is told anew",
  async (layout, owners) => {
    const written = JSON.parse(readFileSync(join(import.meta.dirname, `layout-${layout}.json`), "utf8")) as Later;
    writeLater(written);
    const { rotations = [], told = [], attempts = [], events = [] } = written.tables;
    const store = openSqliteState(directory);
    expect(rotations).toHaveLength(3);
    for (const { name, state } of rotations) expect(await store.load(String(name))).toEqual(JSON.parse(String(state)));
    const due = rotations.map((row) => ({ rotation: row["name"], at: row["due"] }));
    expect(await store.dueTimes()).toEqual(expect.arrayContaining(due));
    expect(await store.owners(rotations.map(({ name }) => String(name)))).toEqual(new Map(Object.entries(owners)));
    expect(await store.attempts({ limit: 10 })).toHaveLength(attempts.length);
    expect(await store.events({ limit: 10 })).toHaveLength(events.length);
    const seen = told.map(({ rotation, mark }) => ({
      rotation: String(rotation),
      at: "2026-12-01T00:00:00.000Z",
      message: "the same",
      after: JSON.parse(String(mark)) as StandingMark,
    }));
    expect(await store.tell(seen)).toEqual([]);
    expect(await store.looks!.mark()).toBeUndefined();
    await store.close();
  },
);

test("it is upgraded once, and a version that is older than the state refuses it", async () => {
  await openSqliteState(directory).close();
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const database = new DatabaseSync(join(directory, "state.db"));
  expect(database.prepare("pragma user_version").get()).toEqual({ user_version: 7 });
  database.exec("pragma user_version = 99");
  database.close();
  expect(() => openSqliteState(directory)).toThrow(
    expect.objectContaining({ code: "ROTATE_STATE_NEWER", exitCode: 6 }),
  );
});
