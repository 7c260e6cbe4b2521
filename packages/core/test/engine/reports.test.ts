import { join } from "node:path";
import { expectNoLeak, mintCanary } from "@rotate/testkit";
import { expect, test } from "vitest";
import { exitCodeOfRun, exitCodeOfStatus } from "../../src/exit-code.ts";
import type { Outcome, StandingExit } from "../../src/report.ts";
import { probeEntry } from "./spec.ts";
import { createScene, failAt, failing, hour, minute, untilDue } from "./support.ts";

test("history tells every attempt: when, why, how each phase went, newest first", async () => {
  const scene = createScene();
  failAt(scene, { "prepare a": [failing("INVALID")] });
  await scene.run();
  await scene.run({ force: true });
  await scene.run();
  const { attempts } = await scene.ask((engine) => engine.history({ name: "db" }));
  expect(attempts.map(({ why, outcome }) => [why, outcome])).toEqual([
    ["forced", "rotated"],
    ["not rotated before", "failed"],
  ]);
  expect(attempts[1]!.phases.find(({ result }) => result === "failed")?.error?.code).toBe("ROTATE_PREPARE_INVALID");
  expect(attempts[0]!.credential?.fingerprint).toMatch(/^[0-9a-f]{12}$/);
});

test("plan says what is due, which keys it would create, rotate or take over, and mints nothing", async () => {
  const scene = createScene();
  const first = await scene.ask((engine) => engine.plan());
  expect(first.rotations[0]).toMatchObject({
    due: true,
    reason: "not rotated before",
    sinks: [{ keys: [{ key: "key", change: "created" }] }],
    reloads: [{ type: "test-reload", adopts: true }],
    revocation: "the lease before is revoked 300 s after the consumer was shown to work with the new one",
  });
  scene.write("a", "of somebody else");
  expect((await scene.ask((engine) => engine.plan())).rotations[0]!.sinks[0]!.keys[0]!.change).toBe("taken-over");
  await scene.run();
  const last = await scene.ask((engine) => engine.plan());
  expect(last.rotations[0]).toMatchObject({ due: false, sinks: [{ keys: [{ change: "rotated" }] }] });
  expect(scene.mints()).toBe(1);
});

test("plan says of one that failed that it waits, and until when: as status does, and as a run that comes before", async () => {
  const scene = createScene((rotation) => ({ ...rotation, retry: { initial: 10 * minute, max: hour } }));
  failAt(scene, { mint: failing("DENIED") });
  await scene.run();
  const { rotations } = await scene.ask((engine) => engine.plan());
  const status = await scene.ask((engine) => engine.status());
  const nextAt = status.rotations[0]!.nextAt;
  expect(rotations[0]).toMatchObject({ due: true, waits: true, nextAt });
  expect(rotations[0]!.reason).toBe((await scene.run()).db.reason);
  await scene.clock.advance(Date.parse(nextAt!) - scene.clock.now());
  const [later] = (await scene.ask((engine) => engine.plan())).rotations;
  expect(later).toMatchObject({ due: true, reason: "not rotated before" });
  expect(later).not.toHaveProperty("waits");
});

test("plan shows which check would fail, and runs the others", async () => {
  const scene = createScene();
  failAt(scene, { "check a": failing("DENIED") });
  const { rotations } = await scene.ask((engine) => engine.plan());
  expect(rotations[0]!.checks.map(({ result }) => result)).toEqual(["failed", "ok", "ok"]);
});

test("preflight finds what could not work before anything is minted", async () => {
  const scene = createScene();
  failAt(scene, { "check a": failing("DENIED") });
  expect((await scene.run()).db.phases[0]).toMatchObject({
    phase: "preflight",
    error: { code: "ROTATE_PREFLIGHT_DENIED" },
  });
  expect(scene.mints()).toBe(0);
});

test("needs-rotation: due before the first rotation, with owed work, and when the time has come", async () => {
  const scene = createScene();
  const needs = async () => (await scene.ask((engine) => engine.needsRotation("db"))).due;
  expect(await needs()).toBe(true);
  failAt(scene, { "reload app": [failing("FAILED")] });
  await scene.run();
  expect(await needs()).toBe(true);
  await scene.clock.advance(minute);
  await scene.run();
  expect(await needs()).toBe(false);
  await scene.clock.advance(untilDue);
  expect(await needs()).toBe(true);
});

test("past its margin a credential is expired: exit 3, whatever else went wrong", async () => {
  const scene = createScene();
  await scene.run();
  await scene.clock.advance(56 * minute);
  failAt(scene, { mint: failing("UNAVAILABLE") });
  expect(await scene.run()).toMatchObject({ exit: 3, db: { outcome: "expired" } });
  expect(await scene.status()).toMatchObject({
    state: "expiring",
    code: "margin",
    alarm: "expired",
    reason: expect.stringMatching("it is unavailable"),
    check: 3,
  });
});

const exitOf: Readonly<Partial<Record<Outcome, StandingExit>>> = { failed: 1, "reload-owed": 4, expired: 3 };
const run = (...outcomes: readonly Outcome[]): number =>
  exitCodeOfRun({
    rotations: outcomes.map((outcome) => ({
      outcome,
      standing: { state: "fresh", code: "fresh", exit: exitOf[outcome] ?? 0 },
    })),
  });

test("of several rotations the worst decides the exit code: 3, 4, 1, 5, 0", () => {
  expect(run("rotated", "fresh", "renewed", "reused")).toBe(0);
  expect(run("rotated", "locked")).toBe(5);
  expect(run("locked", "failed")).toBe(1);
  expect(run("failed", "reload-owed", "locked")).toBe(4);
  expect(run("reload-owed", "expired", "failed")).toBe(3);
  expect(exitCodeOfStatus({ rotations: [{ exit: 0 }, { exit: 1 }, { exit: 4 }] })).toBe(4);
  expect(exitCodeOfStatus({ rotations: [{ exit: 4 }, { exit: 3 }] })).toBe(3);
  expect(exitCodeOfStatus({ rotations: [{ exit: 0 }] })).toBe(0);
  expect(exitCodeOfStatus({ rotations: [{ exit: 0 }], troubles: [{}] })).toBe(1);
});

test("status --check --min-remaining warns of what ends too soon", async () => {
  const scene = createScene();
  await scene.run();
  const { rotations } = await scene.ask((engine) => engine.status());
  const now = scene.clock.now();
  expect(exitCodeOfStatus({ rotations }, { now, minRemaining: 30 * minute })).toBe(0);
  expect(exitCodeOfStatus({ rotations }, { now, minRemaining: 2 * hour })).toBe(3);
});

test("no secret reaches the state, the events, the reports or the log, whatever fails", async () => {
  const canary = mintCanary("token", { plain: true });
  const scene = createScene((rotation, world) => {
    const { part } = rotation.provider;
    const mint: typeof part.mint = async (request, ctx) => ({
      ...(await part.mint(request, ctx)),
      fields: { token: ctx.secret(canary.text, "token") },
    });
    return {
      ...rotation,
      health: [probeEntry(world, "health")],
      provider: { ...rotation.provider, part: { ...part, mint } },
    };
  });
  const said: unknown[] = [];
  for (const step of ["verify", "prepare a", "commit a", "reload app", "health", "none"]) {
    failAt(scene, { [step]: new Error(`it broke over ${canary.text}`) });
    said.push(await scene.run({ force: true }), await scene.status());
    await scene.clock.advance(minute);
  }
  said.push(await scene.ask((engine) => engine.history()), await scene.ask((engine) => engine.plan()), scene.events);
  expect(scene.read("a")).toBe(canary.text);
  await expectNoLeak([canary], {
    "the state directory": { directory: join(scene.directory, "state") },
    "what was said": JSON.stringify(said),
    "the log": scene.logs.join("\n"),
  });
});
