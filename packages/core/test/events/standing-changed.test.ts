import { expect, test } from "vitest";
import type { EngineEvent } from "../../src/events.ts";
import { rotationIn } from "../engine/spec.ts";
import { createScene, failAt, failing, minute, untilDue, type Scene } from "../engine/support.ts";
import { createWatchScene, specOf, startDaemon } from "../watch/support.ts";

function textOf(event: EngineEvent): readonly string[] {
  if (event.type !== "standing-changed") return [];
  const { rotation, before, after } = event;
  return [`${rotation} ${before?.state ?? "-"} → ${after?.state ?? "-"}`];
}

/** What listeners heard, of all processes so far. */
function heard(scene: Scene): readonly string[] {
  return scene.events.flatMap(textOf);
}

/** The same from history, oldest first. */
async function kept(scene: Scene): Promise<readonly string[]> {
  const { events } = await scene.ask((engine) => engine.history());
  return events.toReversed().flatMap((event) => textOf(event as EngineEvent));
}

const down = { mint: failing("UNAVAILABLE") };

test("each run tells how a rotation stands when it is otherwise than was last told, with the reason", async () => {
  const scene = createScene();
  for (let times = 0; times < 2; times++) await scene.run();
  await scene.clock.advance(untilDue);
  failAt(scene, down);
  for (let times = 0; times < 4; times++) {
    await scene.run();
    await scene.clock.advance(minute);
  }
  failAt(scene, {});
  await scene.clock.advance(5 * minute);
  for (let times = 0; times < 2; times++) await scene.run();
  const changes = ["db - → fresh", "db fresh → failing", "db failing → expiring", "db expiring → fresh"];
  expect(heard(scene)).toEqual(changes);
  expect(await kept(scene)).toEqual(changes);
  expect(scene.events.find((event) => event.type === "standing-changed" && event.after?.state === "failing")).toEqual({
    type: "standing-changed",
    rotation: "db",
    before: { state: "fresh", code: "fresh", exit: 0 },
    after: { state: "failing", code: "failing", exit: 1, alarm: "failed" },
    message: "provider issuer: it is unavailable",
  });
});

test("a daemon tells it when time alone brings it, and one that is started again tells nothing twice and forgets nothing", async () => {
  const scene = createWatchScene();
  const first = await startDaemon(scene);
  await first.pass(39 * minute);
  failAt(scene, down);
  await first.pass(12 * minute);
  await first.stop();
  const before = ["db - → never", "db never → fresh", "db fresh → failing", "db failing → expiring"];
  expect(heard(scene)).toEqual(before);
  await scene.clock.advance(10 * minute);
  const second = await startDaemon(scene);
  await second.pass(minute);
  const after = [...before, "db expiring → expired"];
  expect(heard(scene)).toEqual(after);
  failAt(scene, {});
  await second.pass(6 * minute);
  expect(heard(scene)).toEqual([...after, "db expired → fresh"]);
  await second.stop();
  expect(await kept(scene)).toEqual(heard(scene));
});

test("a daemon that is started where something is wrong says so, whoever told of it before", async () => {
  const scene = createWatchScene();
  failAt(scene, { mint: failing("DENIED", { retryable: false }) });
  await scene.run();
  scene.events.splice(0);
  const daemon = await startDaemon(scene);
  expect(daemon.alarms()).toEqual(["failed"]);
  expect(heard(scene)).toEqual([]);
});

test("what leaves the spec is told as orphaned by run and by watch alike, once, until it is forgotten", async () => {
  const scene = createWatchScene();
  const mq = rotationIn(scene, { name: "mq", sinks: ["b"] });
  const daemon = await startDaemon(scene);
  await daemon.edit(specOf(scene, [mq]));
  await daemon.pass(minute);
  expect(daemon.alarms()).toEqual(["orphaned"]);
  scene.rotations = [mq];
  await scene.run();
  await scene.ask((engine) => engine.forget("db"));
  await daemon.pass(6 * minute);
  expect(daemon.alarms()).toEqual(["orphaned", "recovered"]);
  const changes = ["db - → never", "db never → fresh", "db fresh → orphaned", "db orphaned → -"];
  expect((await kept(scene)).filter((text) => text.startsWith("db"))).toEqual(changes);
});

test("a rotation that another process is at work on is not told as mixed or owed", async () => {
  const scene = createWatchScene();
  const daemon = await startDaemon(scene);
  let mid: readonly string[] = [];
  scene.onStep = async (step) => {
    if (!step.startsWith("commit") && !step.startsWith("reload")) return;
    await daemon.pass(minute / 2);
    mid = [...mid, ...daemon.alarms()];
  };
  await scene.run({ force: true });
  expect(scene.held()).toBe("value-2");
  expect([mid, heard(scene)]).toEqual([[], ["db - → never", "db never → fresh"]]);
});
