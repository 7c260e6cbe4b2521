/** A rotation goes from one backend to another, and whoever does it may die between any two steps. */
import { createRuntime } from "@rotate/runtime";
import { createFakeClock } from "@rotate/testkit";
import { describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import type { Claim } from "../../src/backend/claim.ts";
import { moveOne, type Place, type Way } from "../../src/fleet/move-one.ts";
import { translated } from "../../src/fleet/translate.ts";
import { createRotationClock } from "../../src/schedule/clock.ts";
import type { LeaseState, RotationState } from "../../src/store/state.ts";
import { intentOf } from "../backend/contract.ts";
import { createMemoryState, openMemoryBackend, type MemoryState } from "../backend/memory.ts";

class Cut extends Error {}

/** Dies at a step: before it is done, or as soon as it is. */
interface Death {
  readonly step: number;
  readonly done: boolean;
}

interface Side {
  readonly state: MemoryState;
  readonly backend: Backend;
  /** As one more process would. */
  readonly open: () => Backend;
}

function sideNamed(place: string): Side {
  const clock = createFakeClock({ autoAdvance: true });
  const runtime = createRuntime({ clock, env: {}, random: () => 0.5 });
  const state = createMemoryState();
  const time = createRotationClock({ now: clock.now, bootId: "b", uptime: clock.monotonic });
  const open = (): Backend => ({ ...openMemoryBackend(state, { runtime, clock: time }), place });
  return { state, open, backend: open() };
}

/** All that a process writes, counted; after its death it writes nothing. */
function createMortal(death: Death | undefined) {
  let steps = 0;
  let isDead = false;
  async function step<Result>(work: () => Promise<Result>): Promise<Result> {
    if (isDead) throw new Cut();
    steps += 1;
    isDead = steps === death?.step;
    if (isDead && !death!.done) throw new Cut();
    const result = await work();
    if (isDead) throw new Cut();
    return result;
  }
  function mortal(claim: Claim | undefined): Claim | undefined {
    return (
      claim && {
        ...claim,
        append: (records) => step(() => claim.append(records)),
        settle: (left = {}) =>
          Object.keys(left).length === 0 && !isDead ? claim.settle() : step(() => claim.settle(left)),
      }
    );
  }
  function placeOf({ claims, store, clock, place }: Backend): Place {
    return {
      place,
      clock,
      claims: { ...claims, byName: async (rotation, options) => mortal(await claims.byName(rotation, options)) },
      store: {
        ...store,
        keepPast: (rotation, past) => step(() => store.keepPast(rotation, past)),
        dropPast: (rotation) => step(() => store.dropPast(rotation)),
      },
    };
  }
  return { placeOf, steps: () => steps };
}

function wayBetween(from: Side, to: Side, death?: Death): { readonly way: Way; readonly steps: () => number } {
  const { placeOf, steps } = createMortal(death);
  const how = { translate: (state: RotationState) => state, withAttempts: true, wait: 0 };
  return { way: { from: placeOf(from.open()), to: placeOf(to.open()), ...how }, steps };
}

/** The process is dead: the kernel frees what it held. */
async function movedUntil(from: Side, to: Side, death: Death): Promise<boolean> {
  const { way } = wayBetween(from, to, death);
  const died = await moveOne("db", way).then(
    () => false,
    (error: unknown) => {
      if (error instanceof Cut) return true;
      throw error;
    },
  );
  for (const { state } of [from, to]) state.breakLocks();
  return died;
}

async function begun(): Promise<{ readonly from: Side; readonly to: Side }> {
  const [from, to] = [sideNamed("here"), sideNamed("there")];
  const claim = (await from.backend.claims.byName("db"))!;
  const { lease } = intentOf("l1") as { readonly lease: LeaseState };
  await claim.append([
    intentOf("l1"),
    { type: "minted", lease: "l1", terms: { ...lease, phase: "live" } as LeaseState },
    { type: "pinned", lease: "l1" },
  ]);
  const attempt = { rotation: "db", startedAt: "2026-01-01T00:00:00.000Z", durationMs: 1, why: "w", reason: "w" };
  await claim.settle({
    records: [{ type: "settled", lease: "l1", adopted: true, specHash: "h" }],
    attempts: [{ ...attempt, id: "a1", outcome: "rotated", phases: [] }],
  });
  await from.backend.store.recordEvent({ rotation: "db", at: attempt.startedAt, type: "lease-revoked", message: "m" });
  return { from, to };
}

/** Who would rotate it with its lease, or mint it anew. */
async function owners(...sides: readonly Side[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { backend } of sides) {
    const claim = await backend.claims.byName("db").catch((error: { code: unknown }) => {
      if (error.code !== "ROTATE_STATE_MOVED") throw error;
      return undefined;
    });
    if (claim?.state().leases["l1"] !== undefined) found.push(backend.place);
    await claim?.settle();
  }
  return found;
}

async function expectWhole({ backend, state }: Side): Promise<void> {
  const { leases, settled, away } = await backend.store.load("db");
  expect(leases["l1"]).toMatchObject({ phase: "live", pinned: true });
  expect({ settled, away }).toEqual({ settled: "l1", away: undefined });
  expect((await state.past("db")).attempts.map(({ id }) => id)).toEqual(["a1"]);
  expect((await state.past("db")).events).toHaveLength(1);
}

/** More than there are steps. */
const deaths = Array.from({ length: 8 }, (_, at) => at + 1).flatMap((step) =>
  [false, true].map((done): Death => ({ step, done })),
);

describe("a rotation that is moved", () => {
  test("is there whole, is nobody's here any more, and comes back as it went", async () => {
    const { from, to } = await begun();
    const { way, steps } = wayBetween(from, to);
    expect(await moveOne("db", way)).toBe("moved");
    expect(steps()).toBeLessThan(deaths.length / 2);
    expect(await owners(from, to)).toEqual(["there"]);
    await expectWhole(to);
    expect(await from.state.past("db")).toMatchObject({ attempts: [], events: [] });
    expect(await moveOne("db", wayBetween(from, to).way)).toBe("there");
    expect(await moveOne("db", wayBetween(to, from).way)).toBe("moved");
    expect(await owners(from, to)).toEqual(["here"]);
    await expectWhole(from);
  });

  test("has one owner at most whenever the mover dies, and the same again brings it to its end", async () => {
    for (const death of deaths) {
      const { from, to } = await begun();
      const died = await movedUntil(from, to, death);
      const own = await owners(from, to);
      expect(own.length).toBeLessThan(2);
      expect(["moved", "there"]).toContain(await moveOne("db", wayBetween(from, to).way));
      expect({ death, died, owners: await owners(from, to) }).toEqual({ death, died, owners: ["there"] });
      await expectWhole(to);
    }
  });

  test("comes back from wherever the mover died", async () => {
    for (const death of deaths) {
      const { from, to } = await begun();
      await movedUntil(from, to, death);
      const back = await moveOne("db", wayBetween(to, from).way);
      expect({ death, back, owners: await owners(from, to) }).toEqual({ death, back, owners: ["here"] });
      await expectWhole(from);
    }
  });

  test("stays where it is when the other place has a state of it, when somebody is at work, and when an attempt could not be told from a living one", async () => {
    const { from, to } = await begun();
    const busy = (await from.backend.claims.byName("db"))!;
    expect(await moveOne("db", wayBetween(from, to).way)).toBe("locked");
    await busy.append([intentOf("l2")]);
    await busy.settle();
    expect(await moveOne("db", { ...wayBetween(from, to).way, withAttempts: false })).toBe("unfinished");
    const other = (await to.backend.claims.byName("db"))!;
    await other.settle({ records: [intentOf("l9"), { type: "doubt", lease: "l9" }, { type: "closed" }] });
    expect(await moveOne("db", wayBetween(from, to).way)).toBe("occupied");
    expect(await moveOne("nobody", wayBetween(from, to).way)).toBe("nothing");
    expect((await from.backend.store.load("db")).away).toBeUndefined();
    expect((await to.backend.store.load("db")).away).toBeUndefined();
  });

  test("that went on to a third place is not brought twice by a mover who comes late", async () => {
    const { from, to } = await begun();
    // Here it is on its way still, and there it has arrived.
    await movedUntil(from, to, { step: 4, done: true });
    const third = sideNamed("third");
    expect(await moveOne("db", wayBetween(to, third).way)).toBe("moved");
    await moveOne("db", wayBetween(from, to).way);
    expect(await owners(from, to, third)).toEqual(["third"]);
  });
});

test("a state that goes to another clock keeps what is left of each lease, and its fingerprints name their key", async () => {
  const { from } = await begun();
  const known = await from.backend.store.load("db");
  const print = "0123456789abcdef0123456789abcdef";
  const lease = {
    ...known.leases["l1"]!,
    fingerprint: print,
    sinkFingerprints: { s: { k: print, l: `${print}abcdef` } },
  };
  const { leases } = translated({ ...known, leases: { l1: lease } }, { ahead: 600_000, name: "777777" });
  expect(leases["l1"]).toMatchObject({
    asOf: lease.asOf + 600_000,
    expiresAt: lease.expiresAt! + 600_000,
    lastDoubtAt: 0,
    fingerprint: `${print}777777`,
    sinkFingerprints: { s: { k: `${print}777777`, l: `${print}abcdef` } },
  });
});
