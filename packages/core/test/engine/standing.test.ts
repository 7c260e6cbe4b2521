/** Every state of the standing table, reached on the real engine, and every view asked: they give one answer. */
import { expect, test } from "vitest";
import type { Examination } from "../../src/doctor/finding.ts";
import { standingsIn } from "../../src/doctor/standings.ts";
import type { Engine, Need } from "../../src/engine/engine.ts";
import { withAround } from "../../src/engine/around.ts";
import { othersOf } from "../../src/engine/held-back.ts";
import { presentAll } from "../../src/engine/quick-look.ts";
import type { EngineEvent } from "../../src/events.ts";
import { exitCodeOfStatus } from "../../src/exit-code.ts";
import { metricsOf } from "../../src/metrics/families.ts";
import { concernsOf } from "../../src/notify/concerns.ts";
import type { RotationReport, RotationStatus, StandingMark, StandingReport } from "../../src/report.ts";
import { policies } from "../../src/rotation/standing.ts";
import { createAlarms } from "../../src/watch/alarms.ts";
import { rows } from "./states.ts";
import { createScene, type Scene } from "./support.ts";

test("every line of the table is reached", () => {
  const reached = new Set(rows.map(({ state, code }) => `${state}/${code}`));
  const orphaned = ["orphaned/orphaned", "orphaned/left"];
  const gone = ["failing/gone", "expiring/gone", "expired/gone"];
  const told = new Set([...policies.map(({ state, code }) => `${state}/${code}`), ...gone, ...orphaned]);
  expect([...reached].toSorted()).toEqual([...told].toSorted());
});

function headOf({ state, code, exit, alarm, expiresAt }: StandingReport): StandingReport {
  return { state, code, exit, ...(alarm && { alarm }), ...(expiresAt !== undefined && { expiresAt }) };
}

interface Views {
  readonly status: RotationStatus;
  readonly check: number;
  /** Undefined: another machine rotates it. */
  readonly planned: StandingReport | undefined;
  readonly due: boolean | undefined;
  readonly needed: Need | undefined;
  /** Undefined: none was raised. */
  readonly alarm: string | undefined;
  /** What receivers are told of it. Undefined: nothing. */
  readonly notified: string | undefined;
  /** What `doctor` says of all of them. */
  readonly examined: Pick<Examination, "seen" | "result">;
  /** The states that the metrics say it is in. */
  readonly measured: readonly (string | undefined)[];
}

/** Asks each view that acts upon nothing, at one moment. */
async function viewsOf(engine: Engine): Promise<Views> {
  const [report, plan] = [await engine.status(), await engine.plan()];
  const status = report.rotations.find(({ name }) => name === "db")!;
  const planned = plan.rotations.find(({ name }) => name === "db");
  const parts = engine.parts();
  const { rotations } = parts.spec;
  const events: EngineEvent[] = [];
  const deps = await withAround(parts);
  const looks = { rotations: await presentAll(rotations, deps), others: await othersOf(parts) };
  await createAlarms((event) => void events.push(event)).check(looks, deps);
  const alarms = events.flatMap((event) => (event.type === "alarm" && event.rotation === "db" ? [event.alarm] : []));
  return {
    status,
    check: exitCodeOfStatus({ rotations: [status] }),
    planned: planned?.standing ?? plan.orphans.find(({ name }) => name === "db"),
    due: planned?.due,
    needed: planned && (await engine.needsRotation("db")),
    alarm: alarms[0],
    notified: concernsOf(report).find(({ subject }) => subject === "db")?.alarm,
    examined: standingsIn(plan),
    measured: statesMeasured(status),
  };
}

function statesMeasured(status: RotationStatus): Views["measured"] {
  const states = metricsOf([status]).find(({ name }) => name === "rotate_credential_state");
  return states!.samples.filter(({ value }) => value === 1).map(({ labels }) => labels["state"]);
}

/** What `run` and `watch` told last of `db`, as history keeps it. */
async function lastTold(scene: Scene): Promise<StandingMark | undefined> {
  const { events } = await scene.ask((engine) => engine.history({ name: "db" }));
  return events.find(({ type }) => type === "standing-changed")?.after;
}

/** A standing as it is told: that the time of what is well has come is no change. */
function markOf({ state, code, exit, alarm }: StandingReport): StandingMark {
  return state === "due" ? { state: "fresh", code: "fresh", exit } : { state, code, exit, ...(alarm && { alarm }) };
}

function exitOf({ standing, outcome }: RotationReport): number {
  return standing.exit === 0 && outcome === "failed" ? 1 : standing.exit;
}

test.each(rows)("$state ($code), exit $exit: every view says so", async (row) => {
  const { state, code, exit, alarm, daemonHelps, elsewhere, edit, reach } = row;
  const scene = createScene(edit);
  await reach(scene);
  const views = await scene.ask(viewsOf);
  expect(headOf(views.status)).toMatchObject({ state, code, exit, ...(alarm && { alarm }) });
  expect(views.status.alarm).toBe(alarm);
  expect(views.check).toBe(exit);
  expect(views.planned && headOf(views.planned)).toEqual(elsewhere ? undefined : headOf(views.status));
  const seen = elsewhere ? "none" : `1 ${state}`;
  expect(views.examined.seen).toContain(seen);
  expect(views.examined.result).toBe(elsewhere || alarm === undefined ? "good" : "found");
  expect(views.needed?.due).toBe(views.due);
  expect(headOf(views.needed?.status ?? views.status)).toEqual(headOf(views.status));
  expect(views.alarm).toBe(daemonHelps || elsewhere ? undefined : alarm);
  expect(views.notified).toBe(alarm);
  expect(views.measured).toEqual([state]);
});

test.each(rows.filter(({ state, elsewhere }) => state !== "orphaned" && !elsewhere))(
  "$state ($code), exit $exit: a run says what status says right after it, and so does the credential it gives",
  async ({ byName, edit, reach }) => {
    const scene = createScene(edit);
    await reach(scene);
    const ran = await scene.run(byName ? { names: ["db"] } : {});
    const after = await scene.status();
    expect(headOf(ran.db.standing)).toEqual(headOf(after));
    expect(await lastTold(scene)).toEqual(markOf(after));
    expect(ran.exit).toBe(exitOf(ran.db));
    expect(after.check).toBe(after.exit);
    const given = await scene.ask((engine) => engine.credential("db")).catch(() => undefined);
    const { owed, expiresAt } = await scene.status();
    // While a reload is owed the consumers hold an older one, that ends sooner.
    const isSame =
      given === undefined || owed !== undefined || expiresAt === undefined || given.expiresAt === expiresAt;
    expect(isSame).toBe(true);
  },
);
