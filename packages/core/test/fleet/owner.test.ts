/** What the owner of a shared state does: keys, upkeep, the tables of an earlier rotate, several teams in one database. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { postgresUnavailable } from "@rotate/doubles";
import type { Secret } from "@rotate/plugin-kit";
import { createRuntime, reference } from "@rotate/runtime";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { prepareState, stateKeys, tendState, type StateParts } from "../../src/fleet/administer.ts";
import type { SharedOptions } from "../../src/fleet/open-shared.ts";
import { createKeyRing } from "../../src/fleet/key.ts";
import { grantsOf, schemasOf } from "../../src/fleet/schema.ts";
import type { LeaseState } from "../../src/store/state.ts";
import { intentOf } from "../backend/contract.ts";
import { key, prepareDatabase, type PreparedDatabase } from "./database.ts";

let database: PreparedDatabase;

/** As a spec has it. */
function partsOf(
  name: string,
  { schema = "rotate", role }: { readonly schema?: string; readonly role?: string } = {},
): StateParts {
  const env = { DB: database.urlOf(role).reveal(), KEY: key.toString("base64") };
  const runtime = createRuntime({ env, random: Math.random });
  const state = { type: "postgres", url: reference({ env: "DB" }, true), key: reference({ env: "KEY" }, true), schema };
  return { runtime, spec: { name, rotations: [], state } };
}

async function opened(spec: string, keys: readonly Buffer[]): Promise<Backend> {
  const backend = await database.open(spec, { ring: createKeyRing(spec, keys) });
  onTestFinished(() => backend.close());
  return backend;
}

async function openedAs(spec: string, options: Partial<SharedOptions>): Promise<Backend> {
  const backend = await database.open(spec, options);
  onTestFinished(() => backend.close());
  return backend;
}

async function forgotten({ claims, store }: Backend, rotation: string): Promise<void> {
  const claim = await claims.byName(rotation);
  await store.remove(rotation);
  await claim!.settle();
}

async function written(backend: Backend, rotation: string): Promise<void> {
  const claim = await backend.claims.byName(rotation);
  const { lease } = intentOf("l1") as { readonly lease: LeaseState };
  const terms = { ...lease, fingerprint: backend.fingerprint("value"), sinkFingerprints: {} };
  await claim!.append([intentOf("l1"), { type: "minted", lease: "l1", terms }]);
  await claim!.settle();
}

/** The tables of the first layout. */
const firstLayout = `create schema if not exists old;
create table if not exists old.meta (key text primary key, value text not null);
create table if not exists old.spec (name text primary key, generation integer not null, hash text not null, by text not null, published_at timestamptz not null default now());
create table if not exists old.spec_hash (spec text, hash text, generation integer not null, primary key (spec, hash));
create table if not exists old.rotation (
  spec text, name text collate "C", claim uuid, holder text, claimed_at timestamptz, due double precision not null default 0,
  state json, changed_in xid8 not null default pg_current_xact_id(), primary key (spec, name)
) with (fillfactor = 50);
create index if not exists rotation_changed on old.rotation (spec, changed_in);
create table if not exists old.attempt (
  nth bigint generated always as identity primary key, spec text not null, id text not null, rotation text collate "C" not null,
  started_at text collate "C" not null, outcome text not null, report json not null, unique (spec, id)
);
create index if not exists attempt_by_time on old.attempt (spec, started_at, nth);
create index if not exists attempt_by_rotation on old.attempt (spec, rotation, started_at, nth);
create table if not exists old.event (
  nth bigint generated always as identity primary key, spec text not null, rotation text collate "C" not null, at text collate "C" not null, event json not null
);
create index if not exists event_by_spec on old.event (spec, nth);
create index if not exists event_by_rotation on old.event (spec, rotation, nth);
create table if not exists old.told (spec text, rotation text collate "C", mark json not null, primary key (spec, rotation));
create table if not exists old.note (spec text, key text, value json not null, primary key (spec, key));
create table if not exists old.host (spec text, id text, name text not null, version text not null, spec_hash text, seen_at timestamptz not null default now(), primary key (spec, id));
insert into old.meta (key, value) values ('layout', '1') on conflict (key) do nothing;
insert into old.meta (key, value) select 'system', system_identifier::text from pg_control_system() on conflict (key) do nothing;`;

describe.skipIf(postgresUnavailable())("what the owner of a shared state does", () => {
  beforeAll(async () => {
    database = await prepareDatabase();
  }, 240_000);
  afterAll(async () => database.close());

  test("a key is replaced rotation by rotation: what the old one has written is known, and it is dropped when nothing needs it", async () => {
    const spec = await database.newSpec();
    const [old, fresh] = [key, randomBytes(32)];
    await written(await opened(spec, [old]), "db");
    const prepared = await opened(spec, [old, fresh]);
    await prepared.store.names();
    const turned = await opened(spec, [fresh, old]);
    await turned.store.names();
    const known = (await turned.store.load("db")).leases["l1"]!.fingerprint;
    expect(turned.fingerprint("value", known)).toBe(known);
    expect(turned.fingerprint("value")).not.toBe(known);
    const late = await opened(spec, [old, fresh]);
    await late.store.names();
    expect(late.fingerprint("value")).toBe(turned.fingerprint("value"));
    const lacking = await opened(spec, [old]);
    await expect(lacking.store.names()).rejects.toMatchObject({ code: "ROTATE_STATE_KEY" });
    const early = await opened(spec, [fresh]);
    await expect(early.store.names()).rejects.toThrow("written with before");
    await expect(stateKeys(partsOf(spec), { drop: true })).rejects.toThrow("1 rotations are still written");
    await forgotten(turned, "db");
    await written(turned, "db");
    expect(await stateKeys(partsOf(spec), { drop: true })).toMatchObject([{ current: true, rotations: 1 }]);
    await early.store.names();
    expect(early.fingerprint("value")).toBe(turned.fingerprint("value"));
  });

  test("history gets a partition for each day to come, the old ones go, and nothing fails without", async () => {
    const spec = await database.newSpec();
    const backend = await opened(spec, [key]);
    const long = "2024-01-02T00:00:00.000Z";
    await backend.store.recordEvent({ rotation: "db", at: long, type: "lease-revoked", message: "old" });
    await database.sql(
      "create table rotate.event_20240101 partition of rotate.event for values from ('2024-01-01') to ('2024-01-02')",
    );
    const { made, dropped, deleted } = await tendState(partsOf(spec), 90);
    expect(made).toHaveLength(28);
    expect(dropped).toEqual(["event_20240101"]);
    expect(deleted).toBe(1);
    expect(await tendState(partsOf(spec), 90)).toMatchObject({ made: [], dropped: [], deleted: 0 });
    const [soon] = await database.sql("select (now() + interval '2 days')::text as at");
    const at = new Date(String(soon!["at"])).toISOString();
    await backend.store.recordEvent({ rotation: "db", at, type: "lease-revoked", message: "new" });
    const [place] = await database.sql("select tableoid::regclass::text as name from rotate.event where spec = $1", [
      spec,
    ]);
    expect(String(place!["name"])).toBe(`rotate.event_${at.slice(0, 10).replaceAll("-", "")}`);
    expect(await backend.store.events({ limit: 10 })).toMatchObject([{ message: "new" }]);
    await expect(tendState(partsOf(spec, { role: "worker" }), 90)).rejects.toMatchObject({
      code: "ROTATE_STATE_DENIED",
    });
  });

  test("tables of the first layout are refused, and brought to the present one with all that they hold", async () => {
    const parts = partsOf("team", { schema: "old" });
    await prepareState(parts);
    await database.sql("drop schema old cascade");
    await database.sql(firstLayout);
    await database.sql("insert into old.meta (key, value) values ('key team', 'not-a-check')");
    await database.sql(
      `insert into old.attempt (spec, id, rotation, started_at, outcome, report) values ('team', '1', 'db', '2026-01-01T00:00:00.000Z', 'rotated', '{"id":"1"}')`,
    );
    await expect(prepareState(parts)).rejects.toMatchObject({ code: "ROTATE_STATE_UNPREPARED" });
    await prepareState(parts, { upgrade: true });
    await prepareState(parts);
    expect(await database.sql("select check_value from old.key")).toEqual([{ check_value: "not-a-check" }]);
    expect(await database.sql("select id, day::text from old.attempt")).toEqual([{ id: "1", day: "2026-01-01" }]);
    await database.sql("update old.meta set value = '99' where key = 'layout'");
    await expect(prepareState(parts, { upgrade: true })).rejects.toMatchObject({ code: "ROTATE_STATE_NEWER" });
  });

  test("two teams in one database know nothing of each other, and neither's role reaches the other's tables", async () => {
    for (const team of ["one", "two"]) {
      await database.postgres.createRole(team, { password: "worker" });
      await prepareState(partsOf("app", { schema: `team_${team}` }), { worker: team });
    }
    const url = async (): Promise<Secret> => database.urlOf("one");
    const own = await openedAs("app", { url, schema: "team_one" });
    await own.publish({ rotations: [{ name: "db", reloads: [] }] as never });
    await written(own, "db");
    const other = await openedAs("app", { url, schema: "team_two" });
    await expect(other.store.names()).rejects.toMatchObject({ code: "ROTATE_STATE_DENIED" });
    expect(await database.sql("select from team_two.rotation")).toEqual([]);
  });

  test("a role without the right to make schemas is told so, and changes nothing", async () => {
    const parts = partsOf("app", { schema: "never", role: "worker" });
    await expect(prepareState(parts)).rejects.toMatchObject({ code: "ROTATE_STATE_DENIED", exitCode: 6 });
    expect(await database.sql("select to_regnamespace('never') as found")).toEqual([{ found: null }]);
  });

  test("no extension is needed: an owner without the rights of a superuser prepares a database, and a worker works there", async () => {
    await database.postgres.createRole("plain", { password: "worker" });
    await database.sql("grant create on database postgres to plain");
    await prepareState(partsOf("app", { schema: "plainly", role: "plain" }), { worker: "worker" });
    const worker = await openedAs("app", { url: async () => database.urlOf("worker"), schema: "plainly" });
    await worker.publish({ rotations: [{ name: "db", reloads: [] }] as never });
    await written(worker, "db");
    expect(await worker.store.names()).toEqual(["db"]);
  });

  test("on a server that was promoted, or put back to an earlier moment, each lease is in doubt once", async () => {
    const spec = await database.newSpec();
    const backend = await opened(spec, [key]);
    await written(backend, "db");
    async function doubtAt(): Promise<number> {
      const claim = await backend.claims.byName("db");
      const { lastDoubtAt } = claim!.state().leases["l1"]!;
      await claim!.settle();
      return lastDoubtAt;
    }
    const before = await doubtAt();
    await database.sql("update rotate.rotation set timeline = '00000000' where spec = $1", [spec]);
    const after = await doubtAt();
    expect(after).toBeGreaterThan(before);
    expect(await doubtAt()).toBe(after);
  });
});

test("the guide tells the rights that a worker gets, and no others", () => {
  const guide = readFileSync(new URL("../../../../docs/guide/more-than-one-machine.md", import.meta.url), "utf8");
  const rows = [...guide.matchAll(/^\| (`rotate[_.].*`) \| (.*) \|$/gm)].flatMap(([, tables = "", rights = ""]) => {
    const [first = "", ...others] = [...tables.matchAll(/`([\w.]+)`/g)].map(([, name = ""]) => name);
    const schema = first.split(".")[0];
    return [first, ...others.map((name) => `${schema}.${name}`)].map((table) => `${table}: ${rights}`);
  });
  const grants = [...grantsOf(schemasOf("rotate"), { worker: "w" }).matchAll(/grant (.*) on (rotate.*) to/g)];
  const given = grants.flatMap(([, rights, tables = ""]) => tables.split(", ").map((table) => `${table}: ${rights}`));
  expect(rows.toSorted()).toEqual(given.toSorted());
});
