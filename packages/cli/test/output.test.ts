import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import type { RotationReport, RotationStatus, RunReport } from "@rotate/core";
import { describe, expect, test } from "vitest";
import { createBoard } from "../src/output/board.ts";
import { describeEvent } from "../src/output/event-line.ts";
import { renderHistory } from "../src/output/history-table.ts";
import { renderPlan } from "../src/output/plan-text.ts";
import { renderRun } from "../src/output/rotation-line.ts";
import { renderStatus } from "../src/output/status-table.ts";
import { createTerminal } from "../src/output/terminal.ts";
import { formatElapsed, formatInstant, roughDuration } from "../src/output/time.ts";

const now = Date.parse("2026-01-01T12:00:00Z");
const plain = (_: string, text: string): string => text;
const look = { paint: plain, now };
const after = (minutes: number): string => new Date(now + minutes * 60_000).toISOString();

const fresh: RotationReport = {
  name: "backstage-db",
  outcome: "fresh",
  reason: "nothing is due",
  standing: { state: "fresh", code: "fresh", exit: 0, expiresAt: after(48) },
  credential: { fingerprint: "abc", issuedAt: after(-12), expiresAt: after(48) },
  nextAt: after(21),
  phases: [],
  sinks: [],
};
const denied = {
  code: "ROTATE_MINT_DENIED",
  message: "provider vault: permission denied",
  hint: "ask for the policy",
  retryable: false,
};
const failed: RotationReport = {
  ...fresh,
  name: "db",
  outcome: "failed",
  reason: denied.message,
  standing: {
    state: "failing",
    code: "failing",
    reason: denied.message,
    alarm: "failed",
    exit: 1,
    expiresAt: after(48),
  },
  phases: [{ phase: "mint", result: "failed", durationMs: 12, error: denied }],
};

function reportOf(...rotations: readonly RotationReport[]): RunReport {
  return { version: 1, rotations, orphans: [] };
}

test("a run ends with a line for each rotation, and says why and what to do where one failed", () => {
  expect(renderRun(reportOf(fresh, failed), look).split("\n")).toEqual([
    "backstage-db  fresh  expires in 48m, next rotation in 21m",
    "db            failed  expires in 48m, next try in 21m",
    "  why  provider vault: permission denied",
    "  do   ask for the policy",
    "  see  rotate explain ROTATE_MINT_DENIED",
  ]);
});

test("a credential that never ends, and one that has ended, are said so", () => {
  const { expiresAt: _, ...endless } = { expiresAt: "", fingerprint: "abc", issuedAt: after(-1) };
  expect(
    renderRun(reportOf({ ...fresh, credential: endless, standing: { state: "fresh", code: "fresh", exit: 0 } }), look),
  ).toContain("never expires");
  const ended = { fingerprint: "abc", issuedAt: after(-90), expiresAt: after(-30) };
  expect(
    renderRun(
      reportOf({
        ...failed,
        outcome: "expired",
        credential: ended,
        standing: { ...failed.standing, expiresAt: ended.expiresAt },
      }),
      look,
    ),
  ).toContain("expired 30m ago");
});

const status: RotationStatus = {
  name: "db",
  provider: "vault",
  state: "failing",
  code: "failing",
  exit: 1,
  credential: { fingerprint: "abc", issuedAt: after(-12), expiresAt: after(48) },
  expiresAt: after(48),
  nextAt: after(1),
  lastSuccess: after(-12),
  lastError: { ...denied, at: after(-1) },
  leases: [{ id: "l1", state: "revoke-pending", expiresAt: after(9), heldBy: ["consumers"] }],
  warnings: ["the file is tracked by git"],
};

test("status is a table without borders, with a paragraph for what is not well", async () => {
  expect((await renderStatus([status], look)).split("\n")).toEqual([
    "ROTATION  PROVIDER  STATE    EXPIRES  NEXT   LAST SUCCESS",
    "db        vault     failing  in 48m   in 1m  12m ago",
    "",
    "db",
    "  last failure 1m ago",
    "  why  provider vault: permission denied",
    "  do   ask for the policy",
    "  see  rotate explain ROTATE_MINT_DENIED",
    "  warning  the file is tracked by git",
    "  lease l1  revoke-pending, ends in 9m, may be held by consumers",
  ]);
});

test("history names the failure under the table", async () => {
  const attempt = { ...failed, rotation: "db", id: "a1", startedAt: after(-1), durationMs: 1_234, why: "due" };
  const history = { version: 1 as const, attempts: [attempt], events: [] };
  const text = await renderHistory(history, { paint: plain, limit: 20 });
  expect(text).toContain("2026-01-01 11:59:00Z  db        failed   1.2 s  due  abc");
  expect(text).toContain("db  mint failed");
  expect(await renderHistory({ ...history, attempts: [] }, { paint: plain, limit: 20 })).toBe("no attempts yet");
});

test("history tells what happened between the attempts, in one order, as many lines as were asked for", async () => {
  const attempt = { ...failed, rotation: "db", id: "a1", startedAt: after(-5), durationMs: 1_234, why: "due" };
  const events = [
    { rotation: "db", at: after(-1), type: "lease-revoked" as const, lease: "l1", message: "lease l1 was revoked" },
    { rotation: "db", at: after(-9), type: "attempt-killed" as const, message: "an attempt was cut off" },
  ];
  const history = { version: 1 as const, attempts: [attempt], events };
  const lines = async (limit: number) => (await renderHistory(history, { paint: plain, limit })).split("\n");
  expect((await lines(20)).slice(1, 4).map((line) => line.replace(/ {2,}/g, " | "))).toEqual([
    "2026-01-01 11:59:00Z | db | revoked | - | lease l1 was revoked | -",
    "2026-01-01 11:55:00Z | db | failed | 1.2 s | due | abc",
    "2026-01-01 11:51:00Z | db | cut off | - | an attempt was cut off | -",
  ]);
  expect(await lines(1)).toHaveLength(2);
});

test("a plan says what would change and which check failed", () => {
  const text = renderPlan(
    {
      version: 1,
      orphans: [],
      rotations: [
        {
          name: "db",
          provider: "vault",
          due: true,
          reason: "never rotated",
          standing: { state: "never", code: "never", exit: 1 },
          sinks: [{ type: "dotenv", target: "/app/.env", keys: [{ key: "PASSWORD", change: "taken-over" }] }],
          reloads: [{ type: "signal", adopts: false }],
          revocation: "the previous lease expires",
          checks: [{ what: "provider vault", result: "failed", error: denied }],
          warnings: [],
        },
      ],
    },
    look,
  );
  expect(text).toContain("db  due: never rotated");
  expect(text).toContain("PASSWORD  would be taken over: its present value is not ours");
  expect(text).toContain("signal (tells the consumer; does not show that it took it up)");
  expect(text).toContain("provider vault: failed");
});

describe("events in words", () => {
  test("a retry says when and why", () => {
    const event = { type: "retry-scheduled", rotation: "db", at: now + 4_000, error: denied } as const;
    expect(describeEvent(event, now)).toEqual({
      level: "warn",
      rotation: "db",
      message: "trying again in 4.0 s: provider vault: permission denied",
    });
  });

  test("what is routine is for the debug level", () => {
    const phase = { phase: "prepare", result: "succeeded", durationMs: 3 } as const;
    expect(describeEvent({ type: "phase-finished", rotation: "db", phase }, now).level).toBe("debug");
  });
});

function screen(): { readonly terminal: ReturnType<typeof createTerminal>; readonly drawn: () => string } {
  const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 24, rows: 4 });
  let drawn = "";
  stderr.on("data", (chunk: Buffer) => (drawn += chunk.toString()));
  const streams = { stdout: process.stdout, stderr: stderr as unknown as NodeJS.WriteStream };
  return { terminal: createTerminal(streams), drawn: () => drawn };
}

describe("the board", () => {
  test("shows what each rotation is doing, in place, and leaves nothing behind", () => {
    const { terminal, drawn } = screen();
    const board = createBoard(terminal);
    board.show({ type: "phase-started", rotation: "db", phase: "verify" });
    board.show({ type: "phase-started", rotation: "db", phase: "settle" });
    board.show({ type: "rotation-finished", rotation: "db", report: fresh });
    board.close();
    expect(stripVTControlCharacters(drawn()).split("\n")).toEqual(["db  verifying it …", "\rdb  settling …", "\r"]);
    expect(drawn().endsWith("\u001b[0J")).toBe(true);
  });

  test("never wraps a row and never scrolls, however many rotations there are", () => {
    const { terminal, drawn } = screen();
    const board = createBoard(terminal);
    for (const name of ["a", "b", "c", "a-very-long-name-of-a-rotation"]) {
      board.show({ type: "phase-started", rotation: name, phase: "mint" });
    }
    const rows = stripVTControlCharacters(drawn()).split(/[\r\n]+/);
    expect(Math.max(...rows.map((row) => row.length))).toBeLessThan(24);
    expect(drawn()).toContain("… and 2 more");
  });
});

test("lengths of time read well", () => {
  const read = [0, 999, 35_000, 60_000, 63 * 60_000, 26 * 3_600_000, 15 * 3_600_000, 30 * 86_400_000].map(
    roughDuration,
  );
  expect(read).toEqual(["0s", "0s", "35s", "1m", "1h 3m", "1d 2h", "15h", "30d"]);
  expect([312, 1_234, 120_000].map(formatElapsed)).toEqual(["312 ms", "1.2 s", "2m"]);
  expect([after(21), after(-3), after(0)].map((at) => formatInstant(at, now))).toEqual(["in 21m", "3m ago", "now"]);
});
