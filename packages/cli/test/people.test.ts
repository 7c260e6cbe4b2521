/** What people read: on a terminal of a size, and in a log that goes on while something fails. */
import { causesOf, type EngineEvent, type ErrorReport, type RotationReport, type RotationStatus } from "@rotate/core";
import { expect, test } from "vitest";
import { describeEvent } from "../src/output/event-line.ts";
import { createFolding } from "../src/output/fold-failures.ts";
import type { Look } from "../src/output/look.ts";
import { renderPlan } from "../src/output/plan-text.ts";
import { renderDetail } from "../src/output/status-detail.ts";
import { renderStatus } from "../src/output/status-table.ts";
import { localTimes } from "../src/output/time.ts";

const now = Date.parse("2026-01-01T12:00:00Z");
const minute = 60_000;
const look: Look = {
  paint: (_, text) => text,
  now,
  signs: "unicode",
  screen: { columns: 80, rows: 24 },
};
const after = (minutes: number): string => new Date(now + minutes * minute).toISOString();

const down: ErrorReport = {
  code: "ROTATE_RELOAD_FAILED",
  message: "reload app: sh failed (exit 1): the supervisor of the application cannot be reached from here at all",
  retryable: true,
};
const owed: RotationStatus = {
  name: "app",
  provider: "vault",
  state: "reload-owed",
  code: "owed",
  exit: 4,
  reason: down.message,
  lastError: { ...down, at: after(-1) },
  credential: { fingerprint: "abc", issuedAt: after(-12), expiresAt: after(48) },
  expiresAt: after(48),
  nextAt: after(1),
  leases: [
    {
      id: "rotate-36e8b0cf763e45ec8",
      state: "held",
      expiresAt: after(48),
      heldBy: ["dotenv /srv/app/.env", "consumers"],
    },
  ],
  warnings: [],
};
const changed: RotationStatus = {
  ...owed,
  name: "sso",
  state: "drift",
  code: "changed",
  exit: 1,
  reason: ".env: KEY is not what was written",
};

function overlong(text: string): readonly string[] {
  return text.split("\n").filter((line) => line.length > 80);
}

test("a reload is no fault of the provider: the provider is named for what failed there alone", () => {
  const text = renderStatus({ rotations: [owed], causes: causesOf([owed]), all: false, stateDir: "/state" }, look);
  expect(text).toContain("▲ app: reload\n");
});

test("what comes next is a try only after a failure", () => {
  const { lastError: _, ...edited } = changed;
  const text = renderStatus({ rotations: [owed, edited], causes: [], all: false, stateDir: "/state" }, look);
  expect(text).toMatch(/^app .* try in 1m$/m);
  expect(text).toMatch(/^sso .* 48m left +in 1m$/m);
});

test("the detail and the plan of one are wrapped at words, whatever stands in them", () => {
  const detail = renderDetail(owed, { causes: causesOf([owed]), stateDir: "/state" }, look);
  expect(detail).toContain("leases        rotate-36e8b0cf763e45ec8: held, expires in 48m, may be held by");
  const { lastError: _, leases: __, ...standing } = owed;
  const plan = renderPlan(
    {
      version: 1,
      orphans: [],
      rotations: [
        {
          name: "app",
          provider: "vault",
          due: true,
          reason: "the reload is owed",
          standing,
          sinks: [],
          reloads: [{ type: "exec", name: "app", target: `sh -c '${"echo on; ".repeat(20)}'` }],
          verify: [],
          health: [],
          dropped: [],
          revocation: "the previous lease expires",
          checks: [],
          warnings: [],
        },
      ],
    },
    look,
  );
  expect(plan).toMatch(/^0 of 1 would rotate now, 1 would only be reloaded\. plan mints/);
  expect(plan).toContain("app: nothing would be minted or written; the reload is owed");
  expect([...overlong(detail), ...overlong(plan)]).toEqual([]);
});

test("an instant in a sentence is told by the clock of who looks, and with its date when that is another day", () => {
  const [soon, old] = ["2026-01-01T11:40:01.250Z", "2025-12-24T11:40:01Z"];
  const clock = new Date(soon).toLocaleTimeString("en-GB");
  const stamp = new Date(old).toLocaleString("sv-SE");
  expect(localTimes(`web-3 was last heard of at ${soon}, first at ${old}`, now)).toBe(
    `web-3 was last heard of at ${clock}, first at ${stamp}`,
  );
});

const sealed: ErrorReport = { code: "ROTATE_MINT_UNAVAILABLE", message: "503: Vault is sealed", retryable: true };

function finished(rotation: string, error?: ErrorReport): EngineEvent {
  const report: RotationReport = {
    name: rotation,
    provider: "vault",
    outcome: error === undefined ? "rotated" : "failed",
    reason: "",
    standing: { state: "fresh", code: "fresh", exit: 0 },
    nextAt: after(1),
    phases: [
      { phase: "mint", result: error === undefined ? "succeeded" : "failed", durationMs: 5, ...(error && { error }) },
    ],
    sinks: [],
  };
  return { type: "rotation-finished", rotation, report };
}

/** What a log at `info` tells of these, each with the minute in which it happens. */
function told(events: readonly (readonly [at: number, event: EngineEvent])[]): readonly string[] {
  const fold = createFolding();
  return events.flatMap(([at, event]) => {
    const time = now + at * minute;
    const { level, rotation = "", message } = fold(event, describeEvent(event, time), time);
    return level === "debug" ? [] : [`${at} ${rotation}: ${message.replace(/, next try.*?:/, ":")}`];
  });
}

test("tries that fail for one cause are told twice, then together, then every ten minutes, until they succeed", () => {
  const names = ["a", "b", "c", "d"];
  const round = (at: number) => names.map((name) => [at, finished(name, sealed)] as const);
  const started = { type: "rotation-started", rotation: "a", why: "its refresh time has come" } as const;
  const lasts = "(told again every 10m while it lasts)";
  expect(
    told([
      ...round(0),
      [1, started],
      ...round(1),
      ...round(9),
      ...round(11),
      ...names.map((name) => [12, finished(name)] as const),
      [13, started],
      ...round(13).slice(0, 1),
    ]),
  ).toEqual([
    "0 a: mint failed: 503: Vault is sealed",
    "0 b: mint failed: 503: Vault is sealed",
    `0 : 3 rotations: mint at vault failed: 503: Vault is sealed ${lasts}`,
    `11 : 4 rotations: mint at vault failed: 503: Vault is sealed ${lasts}`,
    ...names.map((name) => `12 ${name}: rotated in 5 ms, next late by 11m`),
    "13 a: rotating: its refresh time has come",
    "13 a: mint failed: 503: Vault is sealed",
  ]);
});

test("a cause that fails now and then is told each time, and one that joins another is told as its own", () => {
  const other = { ...sealed, code: "ROTATE_MINT_DENIED", message: "403" };
  expect(told([0, 2, 4, 6].map((at) => [at, finished("a", sealed)] as const))).toHaveLength(4);
  expect(told([...[0, 0, 0, 1].map((at) => [at, finished("a", sealed)] as const), [1, finished("a", other)]])).toEqual([
    "0 a: mint failed: 503: Vault is sealed",
    "0 a: mint failed: 503: Vault is sealed",
    "0 a: mint failed: 503: Vault is sealed (told again every 10m while it lasts)",
    "1 a: mint failed: 403",
  ]);
});
