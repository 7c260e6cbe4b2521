import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { causesOf, type RotationReport, type RotationStatus, type RunReport } from "@rotate/core";
import { describe, expect, test } from "vitest";
import { createBoard } from "../src/output/board.ts";
import { describeEvent } from "../src/output/event-line.ts";
import { renderHistory } from "../src/output/history-table.ts";
import { renderLive } from "../src/output/live-status.ts";
import { renderPlan } from "../src/output/plan-text.ts";
import type { Look } from "../src/output/look.ts";
import { renderRun } from "../src/output/run-text.ts";
import { renderDetail } from "../src/output/status-detail.ts";
import { renderStatus } from "../src/output/status-table.ts";
import { renderTable } from "../src/output/table.ts";
import { createTerminal } from "../src/output/terminal.ts";
import { ago, formatElapsed, leftOf, span, will } from "../src/output/time.ts";

const now = Date.parse("2026-01-01T12:00:00Z");
const plain = (_: string, text: string): string => text;
const look: Look = { paint: plain, now, signs: "none" };
const terminal80: Look = { ...look, signs: "unicode", screen: { columns: 80, rows: 24 } };
const after = (minutes: number): string => new Date(now + minutes * 60_000).toISOString();

const fresh: RotationReport = {
  name: "backstage-db",
  provider: "vault",
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
  return { version: 1, rotations, orphans: [], causes: causesOf(rotations) };
}

const rotated: RotationReport = {
  ...fresh,
  name: "api",
  outcome: "rotated",
  phases: [{ phase: "mint", result: "succeeded", durationMs: 1_200 }],
};

test("a run with nothing to do is one line, which says what comes next", () => {
  expect(renderRun(reportOf(fresh, { ...fresh, name: "other", nextAt: after(5) }), terminal80)).toBe(
    "✔ All 2 credentials are fresh. The next rotation is in 5m: other.",
  );
  expect(renderRun(reportOf(fresh), look)).toBe("backstage-db is fresh, 48m left. The next rotation is in 21m.");
});

test("a run tells each rotation that did something, and the rest by number", () => {
  expect(renderRun(reportOf(rotated, fresh), terminal80).split("\n")).toEqual([
    "✔ api  rotated in 1.2 s, 48m left, next in 21m",
    "✔ 1 rotated, 1 fresh. The next rotation is in 21m: api.",
  ]);
});

test("what many rotations fail for is told once, by the provider's name in the spec, and the summary is the last line", () => {
  const many = Array.from({ length: 400 }, (_, index) => ({ ...failed, name: `db-${index}` }));
  expect(renderRun(reportOf(rotated, ...many), terminal80).split("\n")).toEqual([
    "✔ api  rotated in 1.2 s, 48m left, next in 21m",
    "▲ 400 credentials: mint at vault",
    "    provider vault: permission denied",
    "    400 failing: db-0, db-1, db-10, 397 more",
    "    tried again at the next run, the first ends in 48m",
    "    do  ask for the policy",
    "    see rotate explain ROTATE_MINT_DENIED",
    "▲ 400 credentials are failing, the first works for 48m more. 1 rotated, 400",
    "  failed.",
  ]);
});

test("two providers that fail alike are two causes, the worse one first", () => {
  const dead: RotationReport = {
    ...failed,
    name: "aws",
    provider: "aws",
    outcome: "expired",
    standing: { ...failed.standing, state: "expired", code: "ended", exit: 3, expiresAt: after(-14) },
  };
  const text = renderRun(reportOf(failed, dead), look);
  expect(text.match(/^\S+: mint at \S+$/gm)).toEqual(["aws: mint at aws", "db: mint at vault"]);
  expect(text).toMatch(/\naws has expired, 14m ago\. 2 failed\.$/);
});

test("an attempt that has failed is told even when what is in use is fresh", () => {
  const text = renderRun(reportOf({ ...failed, standing: fresh.standing }), look);
  expect(text).toContain("provider vault: permission denied");
  expect(text).toMatch(/\n1 failed\.$/);
});

test("signs are ASCII where the terminal has no UTF-8", () => {
  expect(renderRun(reportOf(failed), { ...terminal80, signs: "ascii" })).toMatch(/^! db: mint at vault\n/);
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

const view = { all: false, stateDir: "/var/lib/rotate/app" };

test("status begins with the worst in a sentence, tells each cause once, then shows the table", () => {
  const rotations = [status];
  const text = renderStatus({ ...view, rotations, causes: causesOf(rotations) }, terminal80);
  expect(text.split("\n")).toEqual([
    "▲ db is failing, its credential works for 48m more.",
    "",
    "▲ db: mint at vault",
    "    provider vault: permission denied",
    "    next try in 1m, works for 48m more",
    "    do  ask for the policy",
    "    see rotate explain ROTATE_MINT_DENIED",
    "",
    "CREDENTIAL  STATE      LEFT      NEXT",
    "db          ▲ failing  48m left  try in 1m",
    "",
    "state: /var/lib/rotate/app",
  ]);
});

test("below the table status shows where consumers ask, who uses what and who was turned away", () => {
  const serve = [
    {
      name: "app-db",
      type: "postgres",
      rotations: ["db"],
      address: "/run/rotate/.s.PGSQL.5432",
      state: "listening",
      sessions: [
        { lease: "l1", count: 2 },
        { lease: "l2", count: 5 },
      ],
      refusals: [],
    },
    {
      name: "local",
      type: "http",
      rotations: ["a", "b", "c", "d"],
      address: "127.0.0.1:9911",
      state: "failing",
      refusals: [{ reason: "other-user", count: 3 }],
    },
  ] as const;
  const text = renderStatus({ ...view, rotations: [status], causes: [], serve }, terminal80);
  expect(text.split("\n").slice(-5)).toEqual([
    "ENDPOINT  TYPE      AT                         GIVES               STATE        SESSIONS         TURNED AWAY",
    "app-db    postgres  /run/rotate/.s.PGSQL.5432  db                  ✔ listening  7 (of 2 leases)  0",
    "local     http      127.0.0.1:9911             a, b, c and 1 more  ✖ failing    -                3 (other-user)",
    "",
    "state: /var/lib/rotate/app",
  ]);
});

test("on a wide terminal status shows the provider and how much of the life is over", () => {
  const wide = { ...terminal80, screen: { columns: 120, rows: 24 } };
  const text = renderStatus({ ...view, rotations: [status], causes: [] }, wide);
  expect(text).toContain("CREDENTIAL  PROVIDER  STATE      LEFT      LIFE        NEXT");
  expect(text).toContain("db          vault     ▲ failing  48m left  ━━────────  try in 1m");
});

test("of many rotations a terminal shows the 12 worst and counts the rest; a pipe and --all get every row", () => {
  const many = Array.from({ length: 50 }, (_, index): RotationStatus => {
    const { lastError: __, ...well } = status;
    return index === 0 ? status : { ...well, name: `r${index}`, state: "fresh", code: "fresh", exit: 0 };
  });
  const all = { ...view, rotations: many, causes: causesOf(many) };
  const text = renderStatus(all, terminal80);
  expect(text.match(/^(?:r\d+|db) .*left/gm)).toHaveLength(12);
  expect(text).toContain("… 38 more: 38 fresh (all of them: rotate status --all)");
  expect(text.split("\n").at(-1)).toBe(text.split("\n")[0]);
  for (const whole of [renderStatus(all, look), renderStatus({ ...all, all: true }, terminal80)])
    expect(whole.match(/^(?:r\d+|db) .*left/gm)).toHaveLength(50);
});

test("the status of one is told in detail, without leases that have ended", () => {
  const dead = { id: "l0", state: "expires only", expiresAt: after(-1), heldBy: [] } as const;
  const one = { ...status, leases: [...status.leases, dead] };
  const text = renderDetail(one, { causes: causesOf([one]), stateDir: view.stateDir }, look);
  expect(text).toContain("  credential    abc, issued 12m ago");
  expect(text).toContain("  last failure  1m ago");
  expect(text).toContain("  warning  the file is tracked by git");
  expect(text).toContain("  leases        l1: revoke-pending, expires in 9m, may be held by consumers");
  expect(text).not.toContain("l0");
  expect(text).toMatch(/ {2}state {9}\/var\/lib\/rotate\/app$/);
});

const attempt = { ...failed, rotation: "db", id: "a1", startedAt: after(-5), durationMs: 1_234, why: "due" };
const cells = (text: string): readonly string[] => text.split("\n").map((line) => line.replace(/ {2,}/g, " | "));

test("history tells attempts and what happened between them, the newest last, as many lines as were asked for", async () => {
  const events = [
    { rotation: "db", at: after(-1), type: "lease-revoked" as const, lease: "l1", message: "lease l1 was revoked" },
    { rotation: "db", at: after(-9), type: "attempt-killed" as const, message: "an attempt was cut off" },
  ];
  const history = { version: 1 as const, attempts: [attempt], events };
  const shown = async (limit: number) => cells(renderHistory(history, { limit, whole: false }, look));
  expect(await shown(20)).toEqual([
    "WHEN | ROTATION | RESULT | TOOK | WHAT",
    "2026-01-01 11:51:00Z | db | cut off | - | an attempt was cut off",
    "2026-01-01 11:55:00Z | db | mint failed | 1.2 s | provider vault: permission denied",
    "2026-01-01 11:59:00Z | db | revoked | - | lease l1 was revoked",
  ]);
  expect(await shown(1)).toHaveLength(2);
  const none = { version: 1 as const, attempts: [], events: [] };
  expect(renderHistory(none, { limit: 20, whole: false }, look)).toBe("no attempts yet");
});

test("history makes one line of the same failure again and again, unless it was asked for all", () => {
  const attempts = [-9, -7, -5, -3].map((at) => ({ ...attempt, id: String(at), startedAt: after(at) }));
  const other = { ...attempt, rotation: "mq", id: "mq", startedAt: after(-6) };
  const history = { version: 1 as const, attempts: [...attempts, other], events: [] };
  const shown = cells(renderHistory(history, { limit: 20, whole: false }, look));
  expect(shown.slice(1)).toEqual([
    "2026-01-01 11:54:00Z | mq | mint failed | 1.2 s | provider vault: permission denied",
    "2026-01-01 11:57:00Z | db | mint failed | 1.2 s | 4 times since 2026-01-01T11:51:00.000Z: provider vault: permission denied",
  ]);
  expect(cells(renderHistory(history, { limit: 20, whole: true }, look))).toHaveLength(6);
});

test("history of one ends with how it stands now, and fits the terminal", () => {
  const history = { version: 1 as const, attempts: [attempt], events: [] };
  const shownWith = { limit: 20, whole: false, now: { rotation: status, causes: causesOf([status]) } };
  const text = renderHistory(history, shownWith, terminal80);
  expect(text).toContain("is failing");
  expect(text).toContain("do  ask for the policy");
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
});

test("the live status fits the screen, with the worst above and the rest to be moved to", async () => {
  const many = Array.from({ length: 60 }, (_, at) => ({ ...status, name: `db-${String(at).padStart(2, "0")}` }));
  const shown = async (offset: number) =>
    renderLive({ rotations: many, causes: causesOf(many) }, terminal80, { offset }).map((line) =>
      stripVTControlCharacters(line),
    );
  const lines = await shown(0);
  expect(lines).toHaveLength(24);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(lines[0]).toContain("60 credentials are failing");
  expect(lines.find((line) => line.startsWith("▲ 60 credentials: mint at"))).toMatch(/…$/);
  expect(lines.at(-1)).toMatch(/q quit {3}j k move \(1-\d+ of 60\)$/);
  expect((await shown(1_000)).at(-1)).toMatch(/-60 of 60\)$/);
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
          reason: "not rotated before",
          standing: { state: "never", code: "never", exit: 1 },
          sinks: [{ type: "dotenv", target: "/app/.env", keys: [{ key: "PASSWORD", change: "taken-over" }] }],
          reloads: [
            { type: "signal", adopts: false },
            { type: "systemd", name: "app", target: "app.service", adopts: true },
          ],
          verify: [{ type: "postgres", target: "db.example within 30s" }],
          health: [{ type: "http", target: "http://127.0.0.1/healthz within 60s" }],
          dropped: [{ type: "json", target: "/app/old.json", keys: ["token"], expiresAt: after(19) }],
          revocation: "the previous lease expires",
          checks: [{ what: "provider vault", result: "failed", error: denied }],
          warnings: [],
        },
      ],
    },
    look,
  );
  expect(text.split("\n").slice(0, 3)).toEqual([
    "1 of 1 would rotate now, 1 would fail. plan mints and writes nothing.",
    "",
    "db: would rotate, not rotated before",
  ]);
  expect(text).toContain("PASSWORD  would be taken over: its present value is not ours");
  expect(text).toContain("signal (tells the consumer; does not show that it took it up)");
  expect(text).toContain("provider vault: failed");
  expect(text).toContain("reload    app: systemd app.service");
  expect(text).toContain("verify    postgres db.example within 30s");
  expect(text).toContain("health    http http://127.0.0.1/healthz within 60s");
  expect(text).toContain("dropped   json /app/old.json: token: abandoned");
  expect(text).toContain("expires in 19m");
});

/** A rotation in a plan that has time. */
function notDue(name: string, minutes: number) {
  return {
    name,
    provider: "vault",
    due: false,
    reason: "nothing is due",
    nextAt: after(minutes),
    standing: { state: "fresh" as const, code: "fresh" as const, exit: 0 as const },
    sinks: [],
    reloads: [],
    verify: [],
    health: [],
    dropped: [],
    revocation: "the previous lease expires",
    checks: [{ what: "provider vault", result: "ok" as const }],
    warnings: [],
  };
}

test("a plan says what waits after a failure, and when it is tried again", () => {
  const waits = { ...notDue("db", 4), due: true, waits: true, reason: "waiting after a failure: not rotated before" };
  const lines = renderPlan({ version: 1, orphans: [], rotations: [waits] }, look).split("\n");
  expect([lines[0], lines[2]]).toEqual([
    "0 of 1 would rotate now, 1 waits. plan mints and writes nothing.",
    "db: waiting after a failure: not rotated before, next try in 4m",
  ]);
});

test("a plan on a terminal counts what is well and not due, and says which comes next; --all and a pipe show each", () => {
  const warned = { ...notDue("c", 1), warnings: ["the file is tracked by git"] };
  const report = { version: 1 as const, orphans: [], rotations: [notDue("a", 90), notDue("b", 21), warned] };
  const short = renderPlan(report, terminal80).split("\n");
  expect(short[0]).toBe("0 of 3 would rotate now. plan mints and writes nothing.");
  expect(short.at(-1)).toBe("✔ 2 are not due; the next is b, in 21m (rotate plan --all)");
  expect(short.join("\n")).toContain("the file is tracked by git");
  for (const whole of [renderPlan(report, terminal80, { all: true }), renderPlan(report, look)])
    expect(whole.match(/: not due: nothing is due, next rotation in/g)).toHaveLength(3);
});

describe("events in words", () => {
  test("a retry says when and why", () => {
    const event = { type: "retry-scheduled", rotation: "db", at: now + 14_000, error: denied } as const;
    expect(describeEvent(event, now)).toEqual({
      level: "warn",
      rotation: "db",
      message: "next try in 14s: provider vault: permission denied",
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
  const read = [0, 999, 35_000, 60_000, 63 * 60_000, 26 * 3_600_000, 15 * 3_600_000, 30 * 86_400_000].map(span);
  expect(read).toEqual(["1s", "1s", "35s", "1m", "1h 3m", "1d 2h", "15h", "30d"]);
  expect([312, 1_234, 120_000].map(formatElapsed)).toEqual(["312 ms", "1.2 s", "2m"]);
});

test("what is to come is never told as past, and what is late is told so", () => {
  const seconds = (count: number): string => will(after(count / 60), now);
  expect([1260, 6, 5, 0, -30, -40].map(seconds)).toEqual(["in 21m", "in 6s", "now", "now", "now", "late by 40s"]);
  expect([after(0), after(-3)].map((at) => ago(at, now))).toEqual(["just now", "3m ago"]);
  expect([after(48), after(-14), undefined].map((at) => leftOf(at, now))).toEqual([
    "48m left",
    "ended 14m ago",
    "never ends",
  ]);
});

/** Dims everything. */
function dim(_: string, text: string): string {
  return `\u001b[2m${text}\u001b[22m`;
}

test("columns stand under their headings, whatever their colours", () => {
  const table = renderTable(
    ["NAME", "STATE"],
    [
      ["db", "fresh"],
      ["metrics", "\u001b[32m✔ fresh\u001b[39m"],
    ],
    dim,
  );
  expect(stripVTControlCharacters(table).split("\n")).toEqual(["NAME     STATE", "db       fresh", "metrics  ✔ fresh"]);
});
