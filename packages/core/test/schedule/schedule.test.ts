import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadCron, noCron } from "../../src/schedule/cron.ts";
import { deadlineOf, marginOf, refreshAt, ruleProblem, type Term } from "../../src/schedule/schedule.ts";
import type { RefreshPolicy } from "../../src/loading/model.ts";

const minute = 60_000;
const hour = 60 * minute;
const start = Date.parse("2026-11-22T12:00:00Z");

function term(life: number, jitter = 0.5): Term {
  return { issuedAt: start, expiresAt: start + life, jitter };
}
function policy(change: Partial<RefreshPolicy> = {}): RefreshPolicy {
  return { rule: undefined, jitter: 0.1, margin: undefined, windows: [], ...change };
}

describe("when a lease is refreshed", () => {
  test("is at two thirds of its life, at half when the life is under ten minutes", () => {
    expect(refreshAt(term(hour), policy(), noCron)).toBe(start + 40 * minute);
    expect(refreshAt(term(8 * minute), policy(), noCron)).toBe(start + 4 * minute);
  });

  test("follows `at`, `before` and `every`", () => {
    expect(refreshAt(term(hour), policy({ rule: { at: 0.5 } }), noCron)).toBe(start + 30 * minute);
    expect(refreshAt(term(hour), policy({ rule: { before: 10 * minute } }), noCron)).toBe(start + 50 * minute);
    expect(refreshAt(term(hour), policy({ rule: { every: 20 * minute } }), noCron)).toBe(start + 20 * minute);
  });

  test("spreads by the jitter of the lease, the same at every look", () => {
    const early = refreshAt(term(hour, 0), policy(), noCron);
    const late = refreshAt(term(hour, 0.999), policy(), noCron);
    expect(early).toBe(start + 36 * minute);
    expect(late).toBeGreaterThan(start + 43 * minute);
    expect(refreshAt(term(hour, 0), policy(), noCron)).toBe(early);
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
        fc.integer({ min: 1_000, max: 365 * 24 * hour }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        rule,
        (life, jitter, chosen) => {
          const lease = term(life, jitter);
          const at = refreshAt(lease, policy({ rule: chosen, jitter: 0.5 }), noCron);
          expect(at).toBeLessThan(deadlineOf(lease, policy()));
          expect(at).toBeGreaterThanOrEqual(start - life);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("with `every` as long as the life is at the usual time, and says so", () => {
    const lazy = policy({ rule: { every: 2 * hour } });
    expect(ruleProblem(term(hour), lazy)).toContain("not shorter than the life");
    expect(refreshAt(term(hour), lazy, noCron)).toBe(start + 40 * minute);
  });

  test("is never for a lease that never ends, unless the policy says when", () => {
    const endless: Term = { issuedAt: start, expiresAt: null, jitter: 0.5 };
    expect(refreshAt(endless, policy(), noCron)).toBe(Infinity);
    expect(ruleProblem(endless, policy())).toContain("never expires");
    expect(refreshAt(endless, policy({ rule: { every: hour } }), noCron)).toBe(start + hour);
  });

  test("is inside the life of the login that the lease dies with", () => {
    const child: Term = { ...term(10 * hour), diesAt: start + hour };
    expect(refreshAt(child, policy(), noCron)).toBe(start + 40 * minute);
  });
});

describe("the margin", () => {
  test("is a tenth of the life between one and ten minutes, and at most a fifth of a short life", () => {
    expect(marginOf(term(hour), policy())).toBe(6 * minute);
    expect(marginOf(term(20 * minute), policy())).toBe(2 * minute);
    expect(marginOf(term(24 * hour), policy())).toBe(10 * minute);
    expect(marginOf(term(10_000), policy())).toBe(2_000);
    expect(marginOf(term(hour), policy({ margin: 5_000 }))).toBe(5_000);
  });
});

describe("windows and cron", () => {
  test("cron refreshes at the next time it names, in its own time zone", async () => {
    const next = await loadCron();
    const at = refreshAt(term(48 * hour), policy({ rule: { cron: "0 3 * * *", timezone: "Europe/Berlin" } }), next);
    expect(new Date(at).toISOString()).toBe("2026-11-23T02:00:00.000Z");
  });

  test("a window moves the refresh into it when that is in time", async () => {
    const next = await loadCron();
    const nightly = policy({ jitter: 0, windows: [{ cron: "0 2 * * *", timezone: "UTC", duration: 2 * hour }] });
    expect(new Date(refreshAt(term(24 * hour), nightly, next)).toISOString()).toBe("2026-11-23T02:00:00.000Z");
  });

  test("a window never costs the expiry", async () => {
    const next = await loadCron();
    const weekly = policy({ jitter: 0, windows: [{ cron: "0 2 * * 6", timezone: "UTC", duration: hour }] });
    expect(refreshAt(term(hour), weekly, next)).toBe(start + 40 * minute);
  });
});
