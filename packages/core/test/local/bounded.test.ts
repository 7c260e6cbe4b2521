/** What is kept of a rotation has an end, whatever becomes of it. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRuntime } from "@rotate/runtime";
import { createFakeClock } from "@rotate/testkit";
import { expect, onTestFinished, test } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import type { AttemptReport } from "../../src/history-report.ts";
import { openLocalBackend } from "../../src/local/open-local.ts";
import type { JournalRecord } from "../../src/store/records.ts";
import { createScene, failAt, failing, hour } from "../engine/support.ts";

const spec = { name: "app", file: "/etc/rotate.yaml", stateDir: undefined };

async function openState(): Promise<{ readonly backend: Backend; readonly rows: (table: string) => number }> {
  const directory = mkdtempSync(join(tmpdir(), "rotate-bounded-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const runtime = createRuntime({ clock: createFakeClock({ autoAdvance: true }), env: {} });
  const backend = await openLocalBackend({ spec, runtime, stateDir: directory });
  const path = readdirSync(directory, { recursive: true, encoding: "utf8" }).find((name) => name.endsWith(".db"))!;
  const rows = (table: string): number => {
    const db = new DatabaseSync(join(directory, path), { readOnly: true });
    const found = db.prepare(`select count(*) as n from ${table}`).get();
    db.close();
    return Number(found?.["n"]);
  };
  return { backend, rows };
}

function attemptOf(nth: number): AttemptReport {
  const startedAt = new Date(nth).toISOString();
  return {
    rotation: "db",
    id: `${nth}`,
    startedAt,
    durationMs: 1,
    why: "w",
    outcome: "failed",
    reason: "r",
    phases: [],
  };
}

const opening: JournalRecord = { type: "observed", holdings: {} };

test("a rotation that fails for months and is never settled keeps a bounded journal, and the last attempts", async () => {
  const { backend, rows } = await openState();
  for (let nth = 0; nth < 60; nth++) {
    const claim = (await backend.claims.byName("db"))!;
    const attempts = Array.from({ length: 10 }, (_, at) => attemptOf(nth * 10 + at));
    await claim.settle({ records: Array.from({ length: 100 }, () => opening), attempts });
  }
  expect(rows("journal")).toBeLessThanOrEqual(2_250);
  expect(rows("journal")).toBeGreaterThan(1_900);
  expect(rows("attempts")).toBe(500);
  const [newest] = await backend.store.attempts({ limit: 1 });
  expect(newest?.id).toBe("599");
  await backend.close();
});

test("what is known of a rotation whose issuer is away for days grows no further", async () => {
  const scene = createScene();
  await scene.run();
  failAt(scene, { mint: failing("TIMEOUT") });
  const sizes: number[] = [];
  for (let day = 0; day < 3; day++) {
    for (let nth = 0; nth < 12; nth++) {
      await scene.clock.advance(2 * hour);
      await scene.run();
    }
    sizes.push(JSON.stringify(await scene.status()).length);
  }
  expect(sizes[2]).toBeLessThanOrEqual(sizes[1]! * 1.1);
}, 120_000);
