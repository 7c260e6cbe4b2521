import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGate, postgresUnavailable } from "@rotate/doubles";
import { Secret } from "@rotate/plugin-kit";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import type { Claim } from "../../src/backend/claim.ts";
import type { Rotation } from "../../src/loading/model.ts";
import { createLocks } from "../../src/local/lock.ts";
import { createProcesses } from "../../src/local/processes.ts";
import { createKeyRing } from "../../src/fleet/key.ts";
import type { SharedOptions } from "../../src/fleet/open-shared.ts";
import { intentOf } from "../backend/contract.ts";
import { createTurned, prepareDatabase, rolePassword, type PreparedDatabase } from "./database.ts";

let database: PreparedDatabase;

async function opened(spec: string, options?: Partial<SharedOptions>): Promise<Backend> {
  const backend = await database.open(spec, options);
  onTestFinished(() => backend.close());
  return backend;
}

function named(...names: readonly string[]): readonly Rotation[] {
  return names.map((name) => ({ name, reloads: [] }) as unknown as Rotation);
}

/** As a person changed it. */
function edited(name: string, hash: string): readonly Rotation[] {
  return [{ name, hash, reloads: [] } as unknown as Rotation];
}

async function claimed({ claims }: Backend, rotation: string): Promise<Claim> {
  const claim = await claims.byName(rotation);
  if (!claim) throw new Error(`${rotation} is another's`);
  return claim;
}

/** A way to the database that can be shut. */
async function gated() {
  const gate = await createGate(database.postgres.port);
  onTestFinished(() => gate.close());
  const { superuser, password } = database.postgres;
  const url = async (): Promise<Secret> =>
    new Secret(`postgres://${superuser}:${password}@127.0.0.1:${gate.port}/postgres`);
  return { gate, url };
}

async function heartbeatsOf(spec: string, seconds: number): Promise<void> {
  await database.sql(
    "update rotate_boss.job set heartbeat_on = now() - $2 * interval '1 s' where name = $1 and state = 'active'",
    [`${spec}/default`, seconds],
  );
}

async function codeOf(url: string): Promise<unknown> {
  const backend = await opened("any", { url: async () => new Secret(url) });
  return backend.store.names().catch((error: { code: unknown }) => error.code);
}

async function jobsOf(spec: string): Promise<readonly unknown[]> {
  const rows = await database.sql("select state::text, singleton_key as key from rotate_boss.job where name = $1", [
    `${spec}/default`,
  ]);
  return rows.map(({ state, key }) => `${String(key)} ${String(state)}`).toSorted();
}

describe.skipIf(postgresUnavailable())("a state that several machines share", () => {
  beforeAll(async () => {
    database = await prepareDatabase();
  }, 240_000);
  afterAll(async () => database.close());

  test("a worker that gives no sign of life for ten seconds loses what it has to another, and can do nothing more", async () => {
    const spec = await database.newSpec();
    const [dead, beats] = [await opened(spec, { beats: createTurned() }), createTurned()];
    const other = await opened(spec, { beats });
    for (const backend of [dead, other]) await backend.publish({ rotations: named("db") });
    const claim = await claimed(dead, "db");
    await claim.append([intentOf("l1")]);
    const waiting = other.claims.due(1, AbortSignal.timeout(20_000));
    await heartbeatsOf(spec, 11);
    await beats.pass(12);
    const [taken] = await waiting;
    expect(taken).toMatchObject({ rotation: "db", predecessor: "unknown" });
    expect(taken!.state().attempt?.lease).toBe("l1");
    await expect(claim.guard()).rejects.toMatchObject({ code: "ROTATE_STATE_FENCED" });
    await expect(claim.append([{ type: "closed" }])).rejects.toMatchObject({ code: "ROTATE_STATE_FENCED" });
    await taken!.settle({ records: [{ type: "closed" }], next: Infinity });
    await claim.settle();
    expect(await jobsOf(spec)).toEqual(["db created"]);
  });

  test("what a process of the same machine died with is free as soon as another comes, and nothing is taken from one that lives", async () => {
    const spec = await database.newSpec();
    const directory = mkdtempSync(join(tmpdir(), "rotate-processes-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const locks = ["one", "two", "three"].map(() => createLocks(join(directory, "locks")));
    onTestFinished(() => locks.forEach((each) => each.release()));
    const [first, second, third] = locks.map((each) => createProcesses(directory, { locks: each, bootId: "b" }));
    const dying = await opened(spec, { beats: createTurned(), processes: () => first });
    await dying.publish({ rotations: named("a", "b") });
    await (await claimed(dying, "a")).append([intentOf("l1")]);
    const living = await opened(spec, { beats: createTurned(), processes: () => second });
    await living.publish({ rotations: named("a", "b") });
    await (await claimed(living, "b")).append([intentOf("l2")]);
    expect(await jobsOf(spec)).toEqual(["a active", "b active"]);
    locks[0]!.release(); // as the kernel does for a process that dies
    const coming = await opened(spec, { beats: createTurned(), processes: () => third });
    await coming.publish({ rotations: named("a", "b") });
    expect(await jobsOf(spec)).toEqual(["a retry", "b active"]);
    expect(await claimed(coming, "a")).toMatchObject({ predecessor: "unknown" });
  });

  test("after an outage nobody takes what the living have, who need a moment to say that they are", async () => {
    const spec = await database.newSpec();
    const { gate, url } = await gated();
    const [beats, others] = [createTurned(), createTurned()];
    const [one, two] = [await opened(spec, { url, beats }), await opened(spec, { url, beats: others })];
    for (const backend of [one, two]) await backend.publish({ rotations: named("a", "b") });
    const claim = await claimed(one, "a");
    for (const other of await two.claims.due(5, AbortSignal.timeout(20_000))) await other.settle({ next: Infinity });
    await others.pass(8);
    gate.shut();
    await heartbeatsOf(spec, 15);
    for (const turned of [beats, others]) await turned.pass(5);
    gate.open();
    await others.pass(3);
    await beats.pass(3);
    await others.pass(8);
    expect(await jobsOf(spec)).toEqual(["a active", "b created"]);
    await claim.guard();
    await claim.settle();
  });

  test("with the database away what only says how far it came is kept in memory, and nothing is announced", async () => {
    const spec = await database.newSpec();
    const { gate, url } = await gated();
    const beats = createTurned();
    const backend = await opened(spec, { url, beats });
    const claim = await claimed(backend, "db");
    const sink = { id: "s", type: "t", target: "x", keys: ["k"], canRead: true };
    await claim.append([
      { type: "sinks", sinks: [sink] },
      intentOf("l1"),
      { type: "committing", sink: "s", lease: "l1" },
    ]);
    gate.shut();
    await claim.guard();
    expect((await claim.append([{ type: "committed", sink: "s", lease: "l1" }])).sinks["s"]?.may).toEqual(["l1"]);
    await expect(claim.append([intentOf("l2")])).rejects.toMatchObject({ code: "ROTATE_STATE_UNREACHABLE" });
    await beats.pass(8);
    await expect(claim.guard()).rejects.toMatchObject({ code: "ROTATE_STATE_UNREACHABLE" });
    gate.open();
    await claim.guard();
    await claim.append([{ type: "doubt", lease: "l1" }]);
    expect((await backend.store.load("db")).sinks["s"]?.may).toEqual(["l1"]);
    await claim.settle();
  });

  test("hosts with the spec before and hosts with the one after it never take turns", async () => {
    const spec = await database.newSpec();
    const [before, after] = [edited("db", "1"), edited("db", "2")];
    const [old, fresh] = [await opened(spec), await opened(spec)];
    await old.publish({ rotations: before });
    await (await claimed(old, "db")).settle();
    await fresh.publish({ rotations: after });
    await (await claimed(fresh, "db")).settle({ next: 0 });
    await expect(old.claims.byName("db")).rejects.toMatchObject({ code: "ROTATE_SPEC_OUTDATED", exitCode: 6 });
    await expect(old.claims.due(1, AbortSignal.timeout(5_000))).rejects.toMatchObject({ code: "ROTATE_SPEC_OUTDATED" });
    const restarted = await opened(spec);
    await restarted.publish({ rotations: before });
    await expect(restarted.claims.byName("db")).rejects.toMatchObject({ code: "ROTATE_SPEC_OUTDATED" });
    await (await claimed(fresh, "db")).settle();
  });

  test("a rotation whose job was lost has one again when a worker starts, and within ten minutes while they work", async () => {
    const spec = await database.newSpec();
    const beats = createTurned();
    const lose = async (): Promise<unknown> =>
      database.sql("delete from rotate_boss.job where name = $1 and singleton_key = 'b'", [`${spec}/default`]);
    await (await opened(spec, { beats })).publish({ rotations: named("a", "b") });
    await lose();
    await (await opened(spec)).publish({ rotations: named("a", "b") });
    expect(await jobsOf(spec)).toEqual(["a created", "b created"]);
    await lose();
    await beats.pass(590);
    expect(await jobsOf(spec)).toEqual(["a created"]);
    await beats.pass(11);
    expect(await jobsOf(spec)).toEqual(["a created", "b created"]);
  });

  test("what another worker has just found whole is not gone through again", async () => {
    const spec = await database.newSpec();
    const rotations = named("a", "b");
    await (await opened(spec)).publish({ rotations });
    const swap = "update rotate_boss.job set singleton_key = 'c' where name = $1 and singleton_key = 'b'";
    await database.sql(swap, [`${spec}/default`]); // as many as before
    await (await opened(spec)).publish({ rotations });
    expect(await jobsOf(spec)).toEqual(["a created", "c created"]);
    await database.sql("update rotate.note set value = $2 where spec = $1 and key = 'jobs'", [
      spec,
      { hash: "", at: 0 },
    ]);
    await (await opened(spec)).publish({ rotations });
    expect(await jobsOf(spec)).toEqual(["a created", "b created"]);
  });

  test("another key than that of the state is refused", async () => {
    const spec = await database.newSpec();
    await (await opened(spec)).store.names();
    const other = await opened(spec, { ring: createKeyRing(spec, [randomBytes(32)]) });
    await expect(other.store.names()).rejects.toMatchObject({ code: "ROTATE_STATE_KEY", exitCode: 6 });
  });

  test("a database that nobody prepared, or a newer rotate did, is refused with what to do", async () => {
    const spec = await database.newSpec();
    const bare = await opened(spec, { schema: "nobody" });
    await expect(bare.store.names()).rejects.toMatchObject({ code: "ROTATE_STATE_UNPREPARED" });
    const unknown = await opened("unknown");
    await expect(unknown.claims.byName("db")).rejects.toMatchObject({ code: "ROTATE_STATE_UNPREPARED" });
    await database.sql("update rotate.meta set value = '99' where key = 'layout'");
    const older = await opened(spec);
    await expect(older.store.names()).rejects.toMatchObject({ code: "ROTATE_STATE_NEWER" });
    await database.sql("update rotate.meta set value = '2' where key = 'layout'");
    expect(await older.store.names()).toEqual([]);
  });

  test("a dump that was restored elsewhere is refused until somebody says what it is", async () => {
    const spec = await database.newSpec();
    await database.sql("update rotate.meta set value = 'another' where key = 'system'");
    const restored = await opened(spec);
    await expect(restored.store.names()).rejects.toMatchObject({ code: "ROTATE_STATE_COPIED" });
    await database.sql(
      "update rotate.meta set value = (select system_identifier::text from pg_control_system()) where key = 'system'",
    );
    expect(await restored.store.names()).toEqual([]);
  });

  test("a role of a worker can do all that a worker does, and nothing to the tables", async () => {
    const spec = await database.newSpec();
    const beats = createTurned();
    const worker = await opened(spec, { url: async () => database.urlOf("worker"), beats });
    await worker.publish({ rotations: named("a", "b") });
    const [first] = await worker.claims.due(1, AbortSignal.timeout(5_000));
    await first!.append([intentOf("l1")]);
    await beats.pass(4);
    await first!.guard();
    await first!.settle({ next: Infinity });
    const dying = await opened(spec, { url: async () => database.urlOf("worker"), beats: createTurned() });
    const dead = await claimed(dying, "b");
    await heartbeatsOf(spec, 20);
    await beats.pass(9);
    await claimed(worker, "b");
    await expect(dead.guard()).rejects.toMatchObject({ code: "ROTATE_STATE_FENCED" });
    const client = await database.postgres.connect({ user: "worker", password: rolePassword });
    onTestFinished(() => client.end());
    for (const statement of [
      "drop table rotate.rotation",
      "alter table rotate_boss.job add x int",
      "create table rotate.y ()",
    ])
      await expect(client.query(statement)).rejects.toMatchObject({ code: "42501" });
  });

  test("a role of a reader sees how all stand, and is refused whatever changes something", async () => {
    const spec = await database.newSpec();
    const owner = await opened(spec);
    await (await claimed(owner, "db")).settle({ records: [intentOf("l1")] });
    const reader = await opened(spec, { url: async () => database.urlOf("reader"), reading: true });
    await reader.publish({ rotations: named("db") });
    expect((await reader.store.load("db")).leases["l1"]).toBeDefined();
    expect(await reader.claims.busy(["db"])).toEqual(new Set());
    await expect(reader.claims.byName("db")).rejects.toMatchObject({ code: "ROTATE_STATE_DENIED" });
  });

  test("a login that is refused, a server that is away and a database that is absent are told apart", async () => {
    const { port } = database.postgres;
    expect(await codeOf(`postgres://worker:wrong@127.0.0.1:${port}/postgres`)).toBe("ROTATE_STATE_DENIED");
    expect(await codeOf("postgres://worker:worker@127.0.0.1:1/postgres")).toBe("ROTATE_STATE_UNREACHABLE");
    expect(await codeOf(`postgres://worker:${rolePassword}@127.0.0.1:${port}/absent`)).toBe("ROTATE_STATE_UNUSABLE");
  });

  test("a password that was rotated is taken up by the next connection", async () => {
    const spec = await database.newSpec();
    let url = database.urlOf();
    const backend = await opened(spec, { url: async () => url });
    await backend.store.names();
    await database.sql("create role moving login superuser password 'one'");
    url = new Secret(`postgres://moving:one@127.0.0.1:${database.postgres.port}/postgres`);
    const other = await opened(spec, { url: async () => url });
    await other.store.names();
    await database.sql("alter role moving password 'two'");
    url = new Secret(`postgres://moving:two@127.0.0.1:${database.postgres.port}/postgres`);
    await database.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'moving'");
    await expect.poll(() => other.store.names().catch(() => undefined)).toEqual([]);
  });

  test("no value, key or password stands anywhere in the database", async () => {
    const spec = await database.newSpec();
    const backend = await opened(spec);
    const claim = await claimed(backend, "db");
    await claim.append([intentOf("l1")]);
    await claim.settle({ records: [{ type: "closed" }] });
    const rows = await database.sql(
      `select coalesce(string_agg(t::text, ''), '') as text from (select row_to_json(r)::text as t from rotate.rotation r
       union all select row_to_json(j)::text from rotate_boss.job j union all select row_to_json(m)::text from rotate.meta m) all_rows`,
    );
    for (const secret of [database.postgres.password, rolePassword + ":", backend.fingerprint("value") + "x"])
      expect(String(rows[0]!["text"])).not.toContain(secret);
  });
});
