import { describe, expect, test } from "vitest";
import { backoff, reloadWait, retryCap, retryWait } from "../../src/schedule/backoff.ts";
import { advance, createRotationClock, type ClockNote } from "../../src/schedule/clock.ts";

const minute = 60_000;
const hour = 60 * minute;
const note: ClockNote = { time: 10 * hour, wall: 10 * hour, told: 10 * hour, uptime: 2 * hour, bootId: "a" };

function at(wall: number, uptime: number, bootId = "a") {
  return { now: () => wall, uptime: () => uptime, bootId };
}

describe("rotation time", () => {
  test("goes on while the wall clock is set back: no life gets longer", () => {
    expect(advance(note, at(8 * hour, 2.5 * hour)).time).toBe(10.5 * hour);
  });

  test("takes a leap of the wall within a boot for a machine that was paused", () => {
    expect(advance(note, at(20 * hour, 2.5 * hour)).time).toBe(20 * hour);
  });

  test("remembers where it was broken: at another boot, at a pause that nobody saw, and nowhere else", () => {
    expect(advance(note, at(11 * hour, 3 * hour)).brokenAt).toBeUndefined();
    const paused = advance(note, at(20 * hour, 2.5 * hour));
    expect(paused.brokenAt).toBe(20 * hour);
    expect(advance(paused, at(21 * hour, 3.5 * hour)).brokenAt).toBe(20 * hour);
    const booted = advance(paused, at(22 * hour, minute, "b"));
    expect(booted.brokenAt).toBe(booted.time);
  });

  test("goes by the wall across boots, and says nothing against it when the clocks agree", () => {
    const next = advance(note, at(11 * hour, 30 * minute, "b"));
    expect(next.time).toBe(11 * hour);
    expect(next.unsureBefore).toBeUndefined();
  });

  test("does not know how old anything is when this boot began before the last look: one clock lied", () => {
    const next = advance(note, at(9 * hour, 5 * minute, "b"));
    expect(next.time).toBe(10 * hour + 5 * minute);
    expect(next.unsureBefore).toBe(next.time);
    expect(advance(next, at(9 * hour + minute, 6 * minute, "b")).unsureBefore).toBe(next.time);
  });

  test("goes by the issuer's time across boots where our clock was known to be behind", () => {
    const behind = { ...note, wall: 10 * hour, told: 10 * hour - 30 * minute };
    expect(advance(behind, at(10.5 * hour, 5 * minute, "b")).time).toBe(11 * hour);
  });

  test("is the same in two processes of one boot, and is shown by the wall", () => {
    const clock = createRotationClock(at(9 * hour, 3 * hour), note);
    expect(clock.now()).toBe(11 * hour);
    expect(clock.wallAt(12 * hour)).toBe(10 * hour);
  });

  test("takes over what a state knew, and never goes back for it", () => {
    const clock = createRotationClock(at(10 * hour, 2 * hour));
    clock.observe({ ...note, time: 11 * hour, wall: 11 * hour, told: 11 * hour });
    expect(clock.now()).toBe(11 * hour);
    clock.observe({ ...note, time: 5 * hour });
    expect(clock.now()).toBe(11 * hour);
  });
});

test("failed attempts wait longer and longer up to the maximum, spread over the upper half", () => {
  const waits = [1, 2, 3, 20].map((failures) =>
    [0, 0.999].map((chance) => backoff(failures, { initial: 1_000, max: 300_000, random: () => chance })),
  );
  expect(waits[0]).toEqual([500, 1_000]);
  expect(waits[1]).toEqual([1_000, 1_999]);
  expect(waits[3]![0]).toBe(150_000);
  expect(waits[3]![1]).toBeLessThanOrEqual(300_000);
});

describe("the wait after a failure", () => {
  const retry = { initial: 1_000, max: 300_000, random: () => 1 };
  const calm = { kind: "unavailable", count: 20, retryAfter: 0, left: Infinity, given: hour, waiting: 0 } as const;

  test("is never over a tenth of the life, nor over a quarter of what is left", () => {
    expect(retryWait({ ...calm, given: 10 * minute }, retry)).toBe(minute);
    expect(retryWait({ ...calm, left: 2 * minute }, retry)).toBe(30_000);
    expect(retryCap(20_000, 300_000)).toBe(5_000);
  });

  test("honours what the issuer asks for, but never past the deadline", () => {
    expect(retryWait({ ...calm, count: 1, retryAfter: minute, left: 10 * minute }, retry)).toBe(minute);
    expect(retryWait({ ...calm, count: 1, retryAfter: hour, left: 4 * minute }, retry)).toBe(minute);
  });

  test("leaves an issuer that many wait for alone: about ten calls a second", () => {
    expect(retryWait({ ...calm, count: 1, waiting: 400 }, { ...retry, random: () => 0.5 })).toBe(40_000);
  });
});

test("owed reloads wait 30 s, doubling to 15 min, and try several times before the deadline", () => {
  const calm = { left: Infinity, cap: hour };
  expect([1, 2, 3, 6, 50].map((tries) => reloadWait(tries, calm))).toEqual([30_000, 60_000, 120_000, 900_000, 900_000]);
  expect(reloadWait(6, { left: 4 * minute, cap: hour })).toBe(minute);
});
