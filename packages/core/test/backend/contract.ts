/** What every backend promises, whatever it is made of. A suite that is handed a way to open one. */
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Backend, ToldStanding } from "../../src/backend/backend.ts";
import type { Claim } from "../../src/backend/claim.ts";
import type { Rotation } from "../../src/loading/model.ts";
import type { AttemptReport, HistoryEvent } from "../../src/history-report.ts";
import type { StandingCode, StandingState } from "../../src/report.ts";
import type { JournalRecord } from "../../src/store/records.ts";
import { reduce } from "../../src/store/reduce.ts";
import { emptyState, type LeaseState } from "../../src/store/state.ts";

/** One state, and the processes that use it. */
export interface Setting {
  /** As one more process would. */
  readonly open: () => Promise<Backend>;
  /** Takes the rotation from whoever has it, as if that process were thought dead; it knows nothing of it. */
  readonly usurp: (rotation: string) => void | Promise<void>;
  /** Time passes by itself for whoever waits; this far, ms. */
  readonly elapsed: () => number;
  readonly end: () => Promise<void>;
}

/** A rotation that was called `old`. */
const renamed = { name: "new", renamedFrom: "old", reloads: [] } as unknown as Rotation;

const announcing: JournalRecord = { type: "doubt", lease: "l1" };

/** A mint's record before the mint. */
export function intentOf(id: string): JournalRecord {
  const lease = {
    id,
    phase: "ghost",
    exposed: false,
    dropped: false,
    lastDoubtAt: 0,
    issuedAt: 1,
    asOf: 1,
    expiresAt: 100,
    given: 99,
    span: 99,
    renewable: false,
    fingerprint: "",
    sinkFingerprints: {},
    jitter: 0.5,
    provider: "p",
  } as LeaseState;
  return { type: "intent", lease, why: "w" };
}

function attemptOf(rotation: string, id: string): AttemptReport {
  const startedAt = `2026-01-01T00:00:0${id}.000Z`;
  return { rotation, id, startedAt, durationMs: 1, why: "w", outcome: "rotated", reason: "w", phases: [] };
}

function eventOf(rotation: string, message: string): HistoryEvent {
  return { rotation, at: "2026-01-01T00:00:00.000Z", type: "lease-revoked", message };
}

function told(rotation: string, state: StandingState): ToldStanding {
  const after = { state, code: state as StandingCode, exit: state === "failing" ? (1 as const) : (0 as const) };
  return { rotation, at: "2026-01-01T00:00:00.000Z", message: state, after };
}

function idsOf(attempts: readonly AttemptReport[]): readonly string[] {
  return attempts.map(({ id }) => id);
}

/** Any record that a rotation may come to, over few names. */
const anyRecord: fc.Arbitrary<JournalRecord> = fc.oneof(
  fc.constantFrom("a", "b", "c").map(intentOf),
  fc.constantFrom("a", "b", "c").map((lease): JournalRecord => ({ type: "committing", sink: "s", lease })),
  fc
    .constantFrom("a", "b", "c")
    .map((lease): JournalRecord => ({ type: "settled", lease, adopted: true, specHash: "h" })),
  fc.constantFrom("a", "b", "foreign", "absent").map((s): JournalRecord => ({ type: "observed", holdings: { s } })),
  fc.constantFrom("a", "b").map((lease): JournalRecord => ({ type: "mixed", lease, why: "w" })),
  fc.constant<JournalRecord>({
    type: "sinks",
    sinks: [{ id: "s", type: "t", target: "x", keys: ["k"], canRead: true }],
  }),
  fc.constantFrom("a", "b").map((lease): JournalRecord => ({ type: "gone", lease, how: "revoked" })),
  fc.constant<JournalRecord>({ type: "closed" }),
);

async function publish(backends: readonly Backend[], names: readonly string[]): Promise<void> {
  const rotations = names.map((name) => ({ name, reloads: [] }) as unknown as Rotation);
  for (const backend of backends) await backend.publish({ rotations });
}

/** What is due now, claimed and given back as it was. */
async function due(backend: Backend, limit: number): Promise<readonly string[]> {
  const claims = await backend.claims.due(limit, new AbortController().signal);
  for (const claim of claims) await claim.settle();
  return claims.map(({ rotation }) => rotation);
}

function sharing(name: string, ...reloads: readonly string[]): object {
  return { name, reloads: reloads.map((reload) => ({ name: reload })) };
}

async function claimed(backend: Backend, rotation: string): Promise<Claim> {
  const claim = await backend.claims.byName(rotation);
  if (!claim) throw new Error(`${rotation} is another's`);
  return claim;
}

/** Registers the suite. */
export function proveBackend(start: () => Promise<Setting>): void {
  let setting: Setting;
  let one: Backend;
  let two: Backend;
  beforeEach(async () => {
    setting = await start();
    [one, two] = [await setting.open(), await setting.open()];
  });
  afterEach(async () => {
    await one.close();
    await two.close();
    await setting.end();
  });

  test("what is kept elsewhere, or on its way, is nobody's to rotate, and does not keep what shares a reload with it from its time", async () => {
    const backend = one;
    await backend.publish({ rotations: ["gone", "here"].map((name) => sharing(name, "r") as Rotation) });
    const going = (await backend.claims.byName("gone"))!;
    await going.append([{ type: "leaving", move: "m", to: "another state" }]);
    await going.settle({ next: Infinity });
    await expect(backend.claims.byName("gone")).rejects.toMatchObject({ code: "ROTATE_STATE_MOVED", exitCode: 6 });
    expect(await due(backend, 5)).toEqual(["here"]);
    const mover = (await backend.claims.byName("gone", { away: true }))!;
    await mover.settle({ records: [{ type: "stayed" }] });
    await (await claimed(backend, "gone")).settle();
  });

  test("the past of a rotation is kept elsewhere whole, and once however often it is brought", async () => {
    const [backend, other] = [one, "other"];
    for (const name of ["db", other]) {
      const claim = await claimed(backend, name);
      await claim.settle({
        attempts: [attemptOf(name, "1"), attemptOf(name, "2")].map((report) => ({
          ...report,
          id: `${name}${report.id}`,
        })),
      });
    }
    await backend.store.tell([told("db", "failing")]);
    await backend.store.recordEvent(eventOf("db", "revoked"));
    const past = await backend.store.past("db");
    expect(idsOf(past.attempts)).toEqual(["db2", "db1"]);
    expect(past.told).toMatchObject({ state: "failing" });
    await backend.store.dropPast("db");
    expect(await backend.store.past("db")).toMatchObject({ attempts: [], events: [] });
    for (let times = 0; times < 2; times++) await backend.store.keepPast("db", past);
    expect(await backend.store.past("db")).toEqual(past);
    expect(await backend.store.tell([told("db", "failing")])).toEqual([]);
    expect(idsOf((await backend.store.past(other)).attempts)).toEqual(["other2", "other1"]);
  });

  test("a rotation that was never run has an empty state, and no name", async () => {
    expect(await one.store.load("db")).toEqual(emptyState("db"));
    expect(await one.store.names()).toEqual([]);
  });

  test("what a claim's holder appends is what others load, in other processes and later", async () => {
    const claim = await claimed(one, "db");
    const state = await claim.append([intentOf("l1"), announcing]);
    expect(claim.state()).toEqual(state);
    expect(state).toMatchObject({ attempt: { lease: "l1", phase: "intent" }, leases: { l1: { exposed: true } } });
    expect(await two.store.load("db")).toEqual(state);
    await claim.settle();
    const later = await setting.open();
    expect(await later.store.load("db")).toEqual(state);
    expect(await later.store.names()).toEqual(["db"]);
    await later.close();
  });

  test("the state is the fold over the records, whatever they are and however they are grouped", async () => {
    let round = 0;
    const groups = fc.array(fc.array(anyRecord, { minLength: 1, maxLength: 4 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(groups, async (appended) => {
        const claim = await claimed(one, `r${round++}`);
        const { clock } = claim.state();
        let expected = claim.state();
        for (const records of appended) {
          const { clock: stamped } = await claim.append(records);
          expected = records.reduce((state, record) => reduce(state, record, stamped), expected);
        }
        await claim.settle();
        const kept = await two.store.load(claim.rotation);
        expect({ ...kept, clock }).toEqual(JSON.parse(JSON.stringify({ ...expected, clock })));
      }),
      { numRuns: 40 },
    );
  });

  test("whoever asks is told which states were written since, or that any may have been", async () => {
    await one.store.changed();
    await two.store.changed();
    const claim = await claimed(one, "db");
    await claim.append([announcing]);
    await claim.settle();
    const answers = [await one.store.changed(), await two.store.changed()];
    for (const names of answers) expect(names === undefined || names.has("db")).toBe(true);
    expect(await one.store.changed()).toEqual(new Set());
    expect(await two.store.changed()).toEqual(new Set());
    expect((await one.store.loadAll(["other", "db"])).map(({ name, seq }) => [name, seq > 0])).toEqual([
      ["other", false],
      ["db", true],
    ]);
  });

  test("a claim excludes any other on its rotation, in this process and in others, until it is settled", async () => {
    const claim = await claimed(one, "db");
    expect(await one.claims.byName("db")).toBeUndefined();
    expect(await two.claims.byName("db")).toBeUndefined();
    expect(await two.claims.byName("mq")).toBeDefined();
    await claim.settle();
    const next = await claimed(two, "db");
    expect(next.id).not.toBe(claim.id);
    expect(await one.claims.byName("db")).toBeUndefined();
  });

  test("whoever may wait gets the claim when it is settled, or nothing when the time is over", async () => {
    const claim = await claimed(one, "db");
    let waits = 0;
    const onWait = (): void => void waits++;
    expect(await two.claims.byName("db", { wait: 5_000, onWait })).toBeUndefined();
    expect(setting.elapsed()).toBeGreaterThan(4_000);
    const waiting = two.claims.byName("db", { wait: 60_000, onWait: () => void claim.settle() });
    expect((await waiting)?.rotation).toBe("db");
    expect(waits).toBe(1);
  });

  test("waiting ends when it is told to", async () => {
    await claimed(one, "db");
    const stop = new AbortController();
    const waiting = two.claims.byName("db", { wait: 60_000, signal: stop.signal, onWait: () => stop.abort() });
    expect(await waiting).toBeUndefined();
    expect(setting.elapsed()).toBeLessThan(1_000);
  });

  test("busy names what somebody has at the moment, and takes nothing", async () => {
    const claim = await claimed(one, "db");
    for (const backend of [one, two]) expect(await backend.claims.busy(["db", "mq"])).toEqual(new Set(["db"]));
    await claim.guard();
    await claim.settle();
    for (const backend of [one, two]) expect(await backend.claims.busy(["db", "mq"])).toEqual(new Set());
    expect(await two.store.names()).toEqual(["db"]);
  });

  test("whoever was overtaken is told so before its next act, and writes nothing more", async () => {
    const claim = await claimed(one, "db");
    await claim.append([intentOf("l1")]);
    await setting.usurp("db");
    const next = await claimed(two, "db");
    const before = next.state();
    await expect(claim.guard()).rejects.toMatchObject({ code: "ROTATE_STATE_FENCED", exitCode: 5 });
    expect(claim.lost.aborted).toBe(true);
    await expect(claim.append([announcing, { type: "closed" }])).rejects.toMatchObject({ code: "ROTATE_STATE_FENCED" });
    expect(await one.store.load("db")).toEqual(before);
    await claim.settle();
    await next.guard();
    expect(next.lost.aborted).toBe(false);
    await next.append([{ type: "closed" }]);
  });

  test("nothing is written under a claim that was settled", async () => {
    const claim = await claimed(one, "db");
    await claim.settle();
    await claim.settle();
    await expect(claim.append([announcing])).rejects.toMatchObject({ code: "ROTATE_STATE_FENCED" });
  });

  test("a holder leaves records, attempts and when it is due again in one step, or nothing when it was overtaken", async () => {
    const claim = await claimed(one, "db");
    await claim.append([intentOf("l1")]);
    await claim.settle({ records: [{ type: "closed" }], attempts: [attemptOf("db", "1")], next: 50 });
    expect((await two.store.load("db")).attempt).toBeUndefined();
    expect(idsOf(await two.store.attempts({ limit: 10 }))).toEqual(["1"]);
    const late = await claimed(one, "db");
    await setting.usurp("db");
    const next = await claimed(two, "db");
    const left = { records: [announcing], attempts: [attemptOf("db", "2")] };
    await expect(late.settle(left)).rejects.toMatchObject({ code: "ROTATE_STATE_FENCED" });
    expect(idsOf(await two.store.attempts({ limit: 10 }))).toEqual(["1"]);
    await next.settle();
    expect((await two.store.load("db")).leases["l1"]?.exposed).toBe(false);
    expect(await one.claims.byName("db")).toBeDefined();
  });

  test("what is due is claimed earliest first, no more than asked for, and by one process", async () => {
    await publish([one, two], ["a", "b", "c", "d"]);
    expect(await due(one, 10)).toEqual(["a", "b", "c", "d"]);
    const now = one.clock.now();
    for (const [rotation, next] of Object.entries({
      a: now - 1_000,
      b: now - 3_000,
      c: now + 3_600_000,
      d: now - 2_000,
    }))
      await (await claimed(one, rotation)).settle({ next });
    const first = await one.claims.due(2, new AbortController().signal);
    expect(first.map(({ rotation }) => rotation)).toEqual(["b", "d"]);
    expect(await due(two, 10)).toEqual(["a"]);
    for (const claim of first) await claim.settle({ next: Infinity });
    expect(await due(two, 10)).toEqual(["a"]);
  });

  test("what was never run, left unfinished or changed without a word is due at once; what was only looked at is not", async () => {
    await publish([one, two], ["done", "looked", "new", "unfinished"]);
    for (const rotation of ["done", "looked", "unfinished"])
      await (await claimed(one, rotation)).settle({ next: Infinity });
    await (await claimed(one, "looked")).settle();
    const dying = await claimed(one, "unfinished");
    await dying.append([intentOf("l1")]);
    await setting.usurp("unfinished");
    expect((await due(two, 10)).toSorted()).toEqual(["new", "unfinished"]);
  });

  test("who waits for what is due gets it when its time comes, or nothing when told to stop", async () => {
    await publish([one], ["db"]);
    await (await claimed(one, "db")).settle({ next: one.clock.now() + 600_000 });
    expect(await due(one, 1)).toEqual(["db"]);
    expect(setting.elapsed()).toBeGreaterThanOrEqual(600_000);
    expect(setting.elapsed()).toBeLessThan(632_000);
    expect(await one.claims.due(1, AbortSignal.abort())).toEqual([]);
  });

  test("rotations that share a reload are claimed together or not at all; what left the spec is not claimed", async () => {
    const rotations = [
      sharing("a", "x"),
      sharing("b", "y"),
      sharing("c", "x", "y"),
      sharing("d", "z"),
      { name: "e", reloads: [{}] },
    ];
    await (await claimed(one, "gone")).settle({ next: 0 });
    for (const backend of [one, two]) await backend.publish({ rotations: rotations as unknown as Rotation[] });
    for (const rotation of ["a", "b", "d", "e"]) await (await claimed(one, rotation)).settle({ next: Infinity });
    const held = await claimed(two, "b");
    await (await claimed(one, "d")).settle({ next: 0 });
    expect(await due(one, 1)).toEqual(["d"]);
    await held.settle();
    await (await claimed(one, "d")).settle({ next: Infinity });
    expect((await due(one, 1)).toSorted()).toEqual(["a", "b", "c"]);
  });

  test("a claim tells whether its predecessor left something unfinished", async () => {
    const first = await claimed(one, "db");
    expect(first.predecessor).toBe("none");
    await first.append([intentOf("l1")]);
    await first.settle();
    const second = await claimed(two, "db");
    expect(second.predecessor).not.toBe("none");
    await second.append([{ type: "mint-failed", lease: "l1" }]);
    await second.settle();
    expect((await claimed(one, "db")).predecessor).toBe("none");
  });

  test("history tells attempts newest first, of one rotation or of all, as many as are asked for", async () => {
    for (const [rotation, id] of [
      ["db", "1"],
      ["mq", "2"],
      ["db", "3"],
    ] as const)
      await (await claimed(one, rotation)).settle({ attempts: [attemptOf(rotation, id)] });
    expect(idsOf(await two.store.attempts({ limit: 10 }))).toEqual(["3", "2", "1"]);
    expect(idsOf(await two.store.attempts({ limit: 10, rotation: "db" }))).toEqual(["3", "1"]);
    expect(idsOf(await two.store.attempts({ limit: 1 }))).toEqual(["3"]);
  });

  test("history tells of the last attempts of a rotation, and not without end", async () => {
    const attempts = Array.from({ length: 510 }, (_, nth) => ({
      ...attemptOf("db", `${nth}`),
      startedAt: new Date(nth).toISOString(),
    }));
    await (await claimed(one, "db")).settle({ attempts });
    await (await claimed(one, "mq")).settle({ attempts: [attemptOf("mq", "1")] });
    const kept = idsOf(await two.store.attempts({ limit: 1_000, rotation: "db" }));
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([500, "509", "10"]);
    expect(idsOf(await two.store.attempts({ limit: 1_000, rotation: "mq" }))).toEqual(["1"]);
  });

  test("what happened beside the attempts is kept without a claim, newest first, and not without end", async () => {
    for (let nth = 0; nth < 510; nth++) await one.store.recordEvent(eventOf("db", `${nth}`));
    await two.store.recordEvent(eventOf("mq", "510"));
    const messages = async (query: Parameters<Backend["store"]["events"]>[0]) =>
      (await two.store.events(query)).map(({ message }) => message);
    expect(await messages({ limit: 2 })).toEqual(["510", "509"]);
    expect(await messages({ limit: 1, rotation: "db" })).toEqual(["509"]);
    expect((await messages({ limit: 1_000, rotation: "db" })).length).toBe(500);
  });

  test("a change of standing is told once, by whichever process sees it first, with what was told before", async () => {
    const [well, ill] = [told("db", "fresh"), told("db", "failing")];
    expect(await one.store.tell([well, told("mq", "fresh")])).toEqual([
      { ...well, type: "standing-changed" },
      { ...told("mq", "fresh"), type: "standing-changed" },
    ]);
    expect(await two.store.tell([well, told("db", "due")])).toEqual([]);
    const change = { ...ill, type: "standing-changed", before: well.after };
    const both = await Promise.all([one.store.tell([ill]), two.store.tell([ill])]);
    expect(both.flat()).toEqual([change]);
    const later = await setting.open();
    expect(await later.store.tell([ill])).toEqual([]);
    expect((await later.store.events({ rotation: "db", limit: 10 }))[0]).toEqual(change);
    await later.close();
    const { after: _, ...forgotten } = ill;
    expect(await two.store.tell([forgotten])).toEqual([{ ...forgotten, type: "standing-changed", before: ill.after }]);
    expect(await one.store.tell([forgotten])).toEqual([]);
  });

  test("what was told of a rotation goes with it to its new name", async () => {
    const claim = await claimed(one, "old");
    await claim.settle();
    await one.store.tell([told("old", "failing")]);
    await one.publish({ rotations: [renamed] });
    expect(await two.store.tell([told("new", "failing")])).toEqual([]);
    expect(await two.store.tell([told("old", "failing")])).toHaveLength(1);
  });

  test("what is kept beside the rotations is changed by one process after the other, all or nothing, and seen by all", async () => {
    expect(await one.store.note("told")).toBeUndefined();
    await Promise.all([one, two, one, two].map(({ store }) => store.changeNote("told", oneMore)));
    expect(await two.store.note("told")).toEqual({ count: 4 });
    expect(await one.store.changeNote("told", (before) => before)).toEqual({ count: 4 });
    expect(await one.store.changeNote("told", () => undefined)).toEqual({ count: 4 });
    const failing = one.store.changeNote("told", () => {
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await one.store.note("told")).toEqual({ count: 4 });
    expect(await one.store.names()).toEqual([]);
  });

  test("what is published under a new name goes on with leases and history, and takes no other's place", async () => {
    const claim = await claimed(one, "old");
    await claim.append([intentOf("l1")]);
    await claim.settle({ attempts: [attemptOf("old", "1")] });
    const rotations = [renamed];
    await one.publish({ rotations });
    expect(await two.store.load("new")).toMatchObject({ name: "new", leases: { l1: { id: "l1" } } });
    expect(await two.store.names()).toEqual(["new"]);
    expect(await two.store.attempts({ rotation: "new", limit: 10 })).toHaveLength(1);
    await (await claimed(one, "old")).settle();
    await two.publish({ rotations });
    expect(await two.store.names()).toEqual(["new", "old"]);
  });

  test("what was removed is as if it had never been", async () => {
    const claim = await claimed(one, "db");
    await claim.append([intentOf("l1")]);
    await one.store.remove("db");
    await claim.settle();
    expect(await two.store.names()).toEqual([]);
    expect((await claimed(two, "db")).state().leases).toEqual({});
  });

  test("one text has one fingerprint in all processes, and it does not tell the text", async () => {
    const print = one.fingerprint("value");
    expect(two.fingerprint("value")).toBe(print);
    expect(one.fingerprint("other")).not.toBe(print);
    expect(print).toMatch(/^[0-9a-f]{32,38}$/);
  });

  test("closing gives back what is still claimed", async () => {
    await claimed(one, "db");
    await one.close();
    expect(await two.claims.byName("db")).toBeDefined();
  });
}

function oneMore(before: unknown): { readonly count: number } {
  return { count: ((before as { count: number } | undefined)?.count ?? 0) + 1 };
}
