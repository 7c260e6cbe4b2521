import { RotateError } from "@rotate/plugin-kit";
import { createFakeClock } from "@rotate/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isNoTurn } from "../../src/permits/turn.ts";
import { shareOf } from "../../src/permits/take.ts";
import { createMachine, createRecords, second, type Clock } from "./fleet.ts";

function scene() {
  const clock = createFakeClock();
  const records = createRecords();
  return { clock, records, machine: (name: string, skew = 0) => createMachine(name, records, { clock, skew }) };
}

/** Did it come about by now? */
async function settledBy<T>(clock: Clock, work: Promise<T>, seconds: number): Promise<boolean> {
  let done = false;
  const end = (): void => void (done = true);
  work.then(end, end);
  await clock.advance(seconds * second);
  return done;
}

function refusalOf(work: Promise<unknown>): Promise<RotateError> {
  return work.then(
    () => Promise.reject(new Error("it got its turn")),
    (error: unknown) => error as RotateError,
  );
}

describe("machines of one group", () => {
  test("wait until the one that is away is back, and say for whom", async () => {
    const { clock, machine } = scene();
    const keeping = await machine("web-1").enter();
    const other = machine("web-2");
    const waiting = other.enter();
    expect(await settledBy(clock, waiting, 300)).toBe(false);
    expect(other.waited).toEqual(["web-1"]);
    await keeping.end(true);
    expect(await settledBy(clock, waiting, 10)).toBe(true);
    await (await waiting).end(true);
  });

  test("may be away as many at once as the group allows", async () => {
    const { clock, machine } = scene();
    const all = ["a", "b", "c"].map((name) => machine(name).enter({ count: 2 }));
    expect(await settledBy(clock, Promise.any(all), 1)).toBe(true);
    const [first, other] = await Promise.all(all.slice(0, 2));
    expect(await settledBy(clock, all[2]!, 30)).toBe(false);
    await first!.end(true);
    expect(await settledBy(clock, all[2]!, 10)).toBe(true);
    await other!.end(true);
    await (await all[2]!).end(true);
  });

  test("go on when the one that was away has died, and not before it counts as dead", async () => {
    const { clock, machine } = scene();
    const dead = await machine("web-1").enter();
    dead.abandon();
    const waiting = machine("web-2").enter();
    expect(await settledBy(clock, waiting, 55)).toBe(false);
    expect(await settledBy(clock, waiting, 15)).toBe(true);
    await (await waiting).end(true);
  });

  test.each([-7_200, 7_200])("judge a life by their own clock, whatever the other's says (%i s)", async (skew) => {
    const { clock, machine } = scene();
    const keeping = await machine("web-1", skew * second).enter();
    const waiting = machine("web-2").enter();
    expect(await settledBy(clock, waiting, 600)).toBe(false);
    keeping.abandon();
    expect(await settledBy(clock, waiting, 75)).toBe(true);
    await (await waiting).end(true);
  });

  test("stop where one of them is not healthy, and say so at once", async () => {
    const { clock, machine } = scene();
    await (await machine("web-1").enter()).end(false);
    const refusal = refusalOf(machine("web-2").enter());
    expect(await settledBy(clock, refusal, 1)).toBe(true);
    expect(await refusal).toMatchObject({ code: "CONFLICT", retryable: true });
    expect((await refusal).message).toContain("web-1");
    expect(isNoTurn(await refusal)).toBe(true);
  });

  test("go on when that one is healthy at last", async () => {
    const { clock, machine } = scene();
    await (await machine("web-1").enter()).end(false);
    await (await machine("web-1").enter()).end(true);
    const waiting = machine("web-2").enter();
    expect(await settledBy(clock, waiting, 1)).toBe(true);
    await (await waiting).end(true);
  });

  test("go on an hour after the last that was heard of one that was not", async () => {
    const { clock, machine } = scene();
    await (await machine("web-1").enter()).end(false);
    const other = machine("web-2");
    const first = refusalOf(other.enter());
    expect(await settledBy(clock, first, 1)).toBe(true);
    await clock.advance(3_590 * second);
    expect(await settledBy(clock, refusalOf(other.enter()), 1)).toBe(true);
    await clock.advance(20 * second);
    const last = other.enter();
    expect(await settledBy(clock, last, 1)).toBe(true);
    await (await last).end(true);
  });

  test("bear that nobody answers for a while, and say so when it lasts", async () => {
    const { clock, records, machine } = scene();
    records.away = true;
    const short = machine("web-1").enter();
    expect(await settledBy(clock, short, 30)).toBe(false);
    records.away = false;
    expect(await settledBy(clock, short, 10)).toBe(true);
    await (await short).end(true);
    records.away = true;
    const long = refusalOf(machine("web-2").enter());
    expect(await settledBy(clock, long, 80)).toBe(true);
    expect(await long).toMatchObject({ code: "UNAVAILABLE", message: expect.stringContaining("nobody answers") });
  });

  test("tell at once what no waiting will mend", async () => {
    const { clock, machine } = scene();
    const denied = new RotateError("not allowed", { code: "DENIED", retryable: false, hint: "grant it" });
    const place = { read: () => Promise.reject(denied), write: () => Promise.reject(denied) };
    const refusal = refusalOf(machine("web-1").enter({ place }));
    expect(await settledBy(clock, refusal, 1)).toBe(true);
    expect(await refusal).toMatchObject({ code: "DENIED", retryable: false, hint: "grant it" });
  });

  test("say when one of them hangs: it lives, and does not come back", async () => {
    const { clock, machine } = scene();
    const hanging = await machine("web-1").enter();
    const refusal = refusalOf(machine("web-2").enter());
    expect(await settledBy(clock, refusal, 14 * 60)).toBe(false);
    expect(await settledBy(clock, refusal, 2 * 60)).toBe(true);
    expect((await refusal).message).toContain("web-1 has been away for 15m");
    hanging.abandon();
  });

  test("stop waiting when their process is asked to", async () => {
    const { clock, machine } = scene();
    const keeping = await machine("web-1").enter();
    const other = machine("web-2");
    const waiting = refusalOf(other.enter());
    await clock.advance(second);
    other.stop(new Error("stop"));
    expect(await settledBy(clock, waiting, 1)).toBe(true);
    keeping.abandon();
  });

  test("know their own turn again after a write whose answer was lost", async () => {
    const { clock, records, machine } = scene();
    let lost = true;
    const place = {
      read: records.read,
      async write(...args: Parameters<typeof records.write>) {
        const version = await records.write(...args);
        if (lost) throw new Error("the connection broke");
        return version;
      },
    };
    const waiting = machine("web-1").enter({ place });
    await clock.advance(second);
    lost = false;
    expect(await settledBy(clock, waiting, 10)).toBe(true);
    expect(records.all.get(0)?.permit.transitions).toBe(0);
    (await waiting).abandon();
  });

  test("are never more away than the group allows, in whatever order they come, die and fall ill", async () => {
    const events = fc.array(
      fc.record({
        machine: fc.integer({ min: 0, max: 4 }),
        stays: fc.integer({ min: 1, max: 90 }),
        end: fc.constantFrom("well", "unwell", "killed" as const),
        pause: fc.integer({ min: 0, max: 40 }),
        skew: fc.integer({ min: -9_999, max: 9_999 }),
      }),
      { minLength: 5, maxLength: 25 },
    );
    await fc.assert(
      fc.asyncProperty(events, fc.integer({ min: 1, max: 2 }), async (all, count) => {
        const { clock, records, machine } = scene();
        const away = new Set<number>();
        const refusals: RotateError[] = [];
        let most = 0;
        let ran = 0;
        async function visit(each: (typeof all)[number], number: number): Promise<void> {
          const one = machine(`web-${each.machine}.${number}`, each.skew * second);
          const keeping = await one.enter({ count });
          ran++;
          away.add(number);
          most = Math.max(most, away.size);
          await clock.sleep(each.stays * second);
          away.delete(number);
          if (each.end === "killed") keeping.abandon();
          else await keeping.end(each.end === "well");
        }
        for (const [number, each] of all.entries()) {
          visit(each, number).catch((error: unknown) => void refusals.push(error as RotateError));
          await clock.advance(each.pause * second);
        }
        await clock.advance(3 * 3_600 * second);
        expect(most).toBeLessThanOrEqual(count);
        expect(refusals.filter((refusal) => !isNoTurn(refusal))).toEqual([]);
        expect(ran).toBeGreaterThan(0);
        expect([...records.all.keys()].every((number) => number < count)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});

test("a hash of its name gives each of many machines a place of its own in the splay", () => {
  const shares = Array.from({ length: 200 }, (_, index) => shareOf(`web-${index}`)).toSorted((a, b) => a - b);
  expect(shares[0]).toBeGreaterThanOrEqual(0);
  expect(shares.at(-1)).toBeLessThan(1);
  const tenths = Object.values(Object.groupBy(shares, (share) => Math.floor(share * 10)));
  expect(tenths.map((some) => some!.length).every((count) => count > 8 && count < 36)).toBe(true);
  expect(shareOf("web-7")).toBe(shareOf("web-7"));
});
