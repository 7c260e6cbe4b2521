import { renameSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lookAfterRun } from "../../src/lookout/after-run.ts";
import type { TroubleReport } from "../../src/report.ts";
import { lookoutService } from "../../src/watch/lookout-service.ts";
import { createScene, failAt, failing, hour, minute, type Scene } from "../engine/support.ts";
import { createWatchScene, startDaemon } from "../watch/support.ts";
import { createReceiver } from "./support.ts";

const second = 1_000;

function servicesOf(engine: Parameters<typeof lookoutService>[0]) {
  return [lookoutService(engine)];
}

/** `rotate run`, a process of its own, and what it tells afterwards. */
function runAndTell(scene: Scene): Promise<readonly TroubleReport[]> {
  return scene.ask(async (engine) => {
    await engine.run({ timeout: 0 });
    return lookAfterRun(engine);
  });
}

test("a run tells what is wrong, the next one nothing again, and the one that puts it right that it is over", async () => {
  const scene = createScene();
  const receiver = createReceiver();
  scene.notify = [receiver.entry];
  await runAndTell(scene);
  failAt(scene, { mint: failing("UNAVAILABLE") });
  await scene.clock.advance(scene.life - 30 * second);
  await runAndTell(scene);
  await runAndTell(scene);
  expect(receiver.told()).toEqual(["expired: db"]);
  scene.onStep = () => undefined;
  await scene.clock.advance(10 * minute);
  await runAndTell(scene);
  await runAndTell(scene);
  expect(receiver.told()).toEqual(["expired: db", "recovered: db"]);
  const [first, last] = receiver.alarms;
  expect(last).toMatchObject({ id: first?.id, status: "resolved", steps: { db: "recovered" } });
});

test("what it tells says who, why, until when and what to do, in words without secrets", async () => {
  const scene = createScene();
  const receiver = createReceiver();
  scene.notify = [receiver.entry];
  await runAndTell(scene);
  failAt(scene, { mint: failing("DENIED", { retryable: false }) });
  await scene.clock.advance(scene.life - 30 * second);
  await runAndTell(scene);
  const [alarm] = receiver.alarms;
  expect(alarm).toMatchObject({ step: "expired", status: "firing", cause: { code: "ROTATE_MINT_DENIED" }, total: 1 });
  expect([alarm?.rotations, alarm?.steps]).toEqual([["db"], { db: "expired" }]);
  expect(alarm?.text).toMatch(
    /^\[expired\] \S+: db is expired or about to be: it ends at \d{4}-\d\d-\d\d \d\d:\d\d UTC\nmint at /,
  );
  expect(alarm?.text).toContain("Do: ");
  expect(JSON.stringify(alarm)).not.toContain("value-1-s");
});

test("a receiver that fails fails no rotation, is told of in the report, and learns later what it missed", async () => {
  const scene = createScene();
  const receiver = createReceiver();
  scene.notify = [receiver.entry];
  await runAndTell(scene);
  failAt(scene, { mint: failing("UNAVAILABLE") });
  receiver.mode = "refuses";
  await scene.clock.advance(scene.life - 30 * second);
  expect(await runAndTell(scene)).toMatchObject([
    {
      code: "ROTATE_NOTIFY_UNAVAILABLE",
      message: expect.stringContaining("notify.receiver (memory) was not told"),
      hint: "see its log",
    },
  ]);
  scene.onStep = () => undefined;
  receiver.mode = "hears";
  await scene.clock.advance(10 * minute);
  expect(await runAndTell(scene)).toEqual([]);
  expect(receiver.told()).toEqual(["recovered: db"]);
  expect(receiver.alarms[0]?.text).toContain("db was expired meanwhile");
});

test("a receiver that is away for a day is tried less and less, and the others learn of it", async () => {
  const scene = createScene((rotation) => ({ ...rotation, retry: { initial: minute, max: hour } }));
  const [away, other] = [createReceiver("away"), createReceiver("other")];
  scene.notify = [away.entry, other.entry];
  await runAndTell(scene);
  away.mode = "refuses";
  failAt(scene, { mint: failing("UNAVAILABLE") });
  for (let past = 0; past < 24 * hour; past += 10 * minute) {
    await scene.clock.advance(10 * minute);
    await runAndTell(scene);
  }
  expect(away.tries).toBeGreaterThan(20);
  expect(away.tries).toBeLessThan(100);
  expect(other.told()).toEqual(["expiring: db", "expired: db", "notifier-failed: "]);
  away.mode = "hears";
  await scene.clock.advance(20 * minute);
  await runAndTell(scene);
  await runAndTell(scene);
  expect(away.told()).toEqual(["expired: db"]);
  expect(other.told().at(-1)).toBe("recovered: ");
});

test("a receiver that hangs is given up, and keeps nobody from the others", async () => {
  const scene = createScene();
  const [silent, other] = [createReceiver("silent", { after: 1 }), createReceiver("other", { after: 1 })];
  scene.notify = [silent.entry, other.entry];
  silent.mode = "hangs";
  failAt(scene, { mint: failing("UNAVAILABLE") });
  await runAndTell(scene);
  await scene.clock.advance(2 * minute);
  expect(await runAndTell(scene)).toMatchObject([{ code: "ROTATE_NOTIFY_TIMEOUT" }]);
  expect(other.told()).toEqual(["failed: db"]);
});

test("a receiver that was taken out of the spec and put back is told anew", async () => {
  const scene = createScene((rotation) => ({ ...rotation, drift: "report" }));
  const receiver = createReceiver();
  scene.notify = [receiver.entry];
  await runAndTell(scene);
  scene.write("a", "by hand");
  await runAndTell(scene);
  scene.notify = [createReceiver("another").entry];
  await runAndTell(scene);
  scene.notify = [receiver.entry];
  await runAndTell(scene);
  expect(receiver.told()).toEqual(["drift: db", "drift: db"]);
});

test("a daemon tells of a change after ten seconds, a restarted one nothing again", async () => {
  const scene = createWatchScene();
  const receiver = createReceiver();
  scene.notify = [receiver.entry];
  const first = await startDaemon(scene, { servicesOf });
  failAt(scene, { mint: failing("UNAVAILABLE") });
  await first.pass(58 * minute);
  await first.stop();
  const told = receiver.told();
  expect(told).toEqual(["failed: db", "expiring: db", "expired: db"]);
  const restarted = await startDaemon(scene, { servicesOf });
  await restarted.pass(minute);
  expect(receiver.told()).toEqual(told);
  scene.onStep = () => undefined;
  await restarted.pass(6 * minute);
  expect(receiver.told().slice(told.length)).toEqual(["recovered: db"]);
  expect(scene.events.some(({ type }) => type === "trouble")).toBe(false);
});

test("a daemon whose receiver hangs rotates as if there were none", async () => {
  const scene = createWatchScene();
  const receiver = createReceiver();
  scene.notify = [receiver.entry];
  receiver.mode = "hangs";
  const watched = await startDaemon(scene, { servicesOf });
  await watched.pass(2 * hour);
  expect(watched.outcomes().filter((outcome) => outcome === "rotated")).toHaveLength(4);
});

test("a daemon that is kept from its state says so to the receivers, and that it is over", async () => {
  const scene = createWatchScene();
  const receiver = createReceiver();
  scene.notify = [receiver.entry];
  const watched = await startDaemon(scene, { servicesOf });
  await watched.pass(minute);
  const state = join(scene.directory, "state", "test");
  renameSync(state, `${state}-away`);
  await watched.pass(3 * minute);
  expect(receiver.alarms).toMatchObject([{ step: "failed", cause: { code: "ROTATE_STATE_LOST" } }]);
  expect(receiver.alarms[0]?.text).toContain("put it back");
  renameSync(`${state}-away`, state);
  await watched.pass(7 * minute);
  expect(receiver.alarms.map(({ step }) => step)).toEqual(["failed", "recovered"]);
});

test("what keeps a receiver from being told stands in the status of the daemon, and is no news to that receiver", async () => {
  const scene = createWatchScene();
  scene.life = 6 * minute;
  const receiver = createReceiver();
  scene.notify = [receiver.entry];
  const watched = await startDaemon(scene, { servicesOf });
  await watched.pass(10 * second);
  receiver.mode = "refuses";
  failAt(scene, { mint: failing("UNAVAILABLE") });
  await watched.pass(6 * minute);
  expect((await watched.daemon.status()).troubles).toMatchObject([{ code: "ROTATE_NOTIFY_UNAVAILABLE" }]);
  receiver.mode = "hears";
  await watched.pass(5 * minute);
  expect((await watched.daemon.status()).troubles).toEqual([]);
  expect(receiver.alarms.map(({ cause }) => cause.code)).not.toContain("ROTATE_NOTIFY_UNAVAILABLE");
});
