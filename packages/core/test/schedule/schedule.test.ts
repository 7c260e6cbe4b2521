import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadCron, noCron } from "../../src/schedule/cron.ts";
import { marginOf, mustAt, ruleProblem, shouldAt, warnAt, type Term } from "../../src/schedule/schedule.ts";
import type { RefreshPolicy } from "../../src/schedule/policy.ts";

const minute = 60_000;
const hour = 60 * minute;
const start = Date.parse("2026-11-22T12:00:00Z");

function term(life: number, jitter = 0.5): Term {
  return { asOf: start, expiresAt: start + life, given: life, span: life, jitter };
}
function policy(change: Partial<RefreshPolicy> = {}): RefreshPolicy {
  return { rule: undefined, jitter: 0.1, margin: undefined, windows: [], ...change };
}

/** Of an hour, without jitter. */
function ruled(rule: RefreshPolicy["rule"]): number {
  return shouldAt(term(hour), policy({ rule, jitter: 0 }), noCron);
}

describe("when a lease is refreshed", () => {
  test("is at two thirds of its life, at half when the life is under ten minutes", () => {
    expect(shouldAt(term(hour), policy(), noCron)).toBe(start + 40 * minute);
    expect(shouldAt(term(8 * minute), policy(), noCron)).toBe(start + 4 * minute);
  });

  test("follows `at`, `before` and `every`", () => {
    expect(ruled({ at: 0.5 })).toBe(start + 30 * minute);
    expect(ruled({ before: 10 * minute })).toBe(start + 50 * minute);
    expect(ruled({ every: 20 * minute })).toBe(start + 20 * minute);
  });

  test("spreads by the jitter of the lease, the same at every look", () => {
    const early = shouldAt(term(hour, 0), policy(), noCron);
    const late = shouldAt(term(hour, 0.999), policy(), noCron);
    expect(early).toBe(start + 36 * minute);
    expect(late).toBeGreaterThan(start + 43 * minute);
    expect(shouldAt(term(hour, 0), policy(), noCron)).toBe(early);
  });

  test("is never within the margin, whatever life, policy and jitter", () => {
    const rule = fc.oneof(
      fc.constant(undefined),
      fc.record({ at: fc.double({ min: 0.01, max: 0.99, noNaN: true }) }),
      fc.record({ before: fc.integer({ min: 1, max: 48 * hour }) }),
      fc.record({ every: fc.integer({ min: 1, max: 48 * hour }) }),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 5_000, max: 365 * 24 * hour }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        rule,
        (life, jitter, chosen) => {
          const lease = term(life, jitter);
          const at = shouldAt(lease, policy({ rule: chosen, jitter: 0.5 }), noCron);
          expect(at).toBeLessThan(mustAt(lease, policy()));
          expect(at).toBeGreaterThanOrEqual(start + 1_000);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("with `every` as long as the life is at the usual time, and says so", () => {
    const lazy = policy({ rule: { every: 2 * hour } });
    expect(ruleProblem(term(hour), lazy)).toBe("every-too-long");
    expect(shouldAt(term(hour), lazy, noCron)).toBe(start + 40 * minute);
  });

  test("is never for a lease that never ends, unless the policy says when", () => {
    const endless: Term = { asOf: start, expiresAt: null, given: null, span: null, jitter: 0.5 };
    expect(shouldAt(endless, policy(), noCron)).toBe(Infinity);
    expect(ruleProblem(endless, policy())).toBe("never-ends");
    expect(shouldAt(endless, policy({ rule: { every: hour }, jitter: 0 }), noCron)).toBe(start + hour);
  });

  test("is inside the life of the login that the lease dies with", () => {
    const child: Term = { ...term(10 * hour), given: hour, span: hour, diesAt: start + hour };
    expect(shouldAt(child, policy(), noCron)).toBe(start + 40 * minute);
  });
});

describe("a value that the issuer repeats", () => {
  const kept: Term = { ...term(hour), kept: true };

  test("is looked at less and less often before its end, then right after it", () => {
    const looks: number[] = [];
    for (let asOf = start; asOf < start + hour && looks.length < 50; asOf = looks.at(-1)!)
      looks.push(shouldAt({ ...kept, asOf }, policy(), noCron));
    expect(looks.length).toBeLessThan(12);
    expect(looks.at(-1)).toBe(start + hour + 250);
  });

  test("has no margin: it is late ten seconds after its end", () => {
    expect(mustAt(kept, policy())).toBe(start + hour + 10_000);
    expect(warnAt(kept, policy(), noCron)).toBe(start + hour + 10_000);
  });
});

describe("a named time", () => {
  test("is only ever brought forward by jitter, and leaves room before the margin", () => {
    const named = policy({ rule: { every: 50 * minute } });
    for (const jitter of [0, 0.5, 0.999])
      expect(shouldAt(term(hour, jitter), named, noCron)).toBeLessThanOrEqual(start + 50 * minute);
    const late = policy({ rule: { every: 59 * minute } });
    expect(shouldAt(term(hour, 0), late, noCron)).toBe(mustAt(term(hour), late) - minute);
  });
});

describe("the margin", () => {
  test("is a tenth of the life between one and ten minutes, and at most a fifth of a short life", () => {
    expect(marginOf(term(hour), policy())).toBe(6 * minute);
    expect(marginOf(term(20 * minute), policy())).toBe(2 * minute);
    expect(marginOf(term(24 * hour), policy())).toBe(10 * minute);
    expect(marginOf(term(10_000), policy())).toBe(2_000);
    expect(marginOf(term(hour), policy({ margin: 5_000 }))).toBe(5_000);
    expect(marginOf(term(hour), policy({ margin: 55 * minute }))).toBe(12 * minute);
  });
});

describe("windows and cron", () => {
  test("cron refreshes at the next time it names, in its own time zone", async () => {
    const next = await loadCron();
    const at = shouldAt(term(48 * hour), policy({ rule: { cron: "0 3 * * *", timezone: "Europe/Berlin" } }), next);
    expect(new Date(at).toISOString()).toBe("2026-11-23T02:00:00.000Z");
  });

  test("a window moves the refresh into it when that is in time", async () => {
    const next = await loadCron();
    const nightly = policy({ jitter: 0, windows: [{ cron: "0 2 * * *", timezone: "UTC", duration: 2 * hour }] });
    expect(new Date(shouldAt(term(24 * hour), nightly, next)).toISOString()).toBe("2026-11-23T02:00:00.000Z");
  });

  test("a window never costs the expiry", async () => {
    const next = await loadCron();
    const weekly = policy({ jitter: 0, windows: [{ cron: "0 2 * * 6", timezone: "UTC", duration: hour }] });
    expect(shouldAt(term(hour), weekly, next)).toBe(start + 40 * minute);
  });
});
