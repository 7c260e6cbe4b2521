import { expect, test } from "vitest";
import { createReady, inOrder, type Turn } from "../../src/engine/ready.ts";
import { rotationIn } from "../engine/spec.ts";
import { failing, minute, type Scene } from "../engine/support.ts";
import { createWatchScene, startDaemon, type Watched } from "./support.ts";

test("what works and nears its end comes before what nobody has, and that before what works for long", () => {
  const turns: readonly Turn[] = [
    { need: "alive", by: 60 * minute },
    { need: "without", by: 1 },
    { need: "without", by: 0 },
    { need: "alive", by: 9 * minute },
    { need: "alive", by: minute },
  ];
  expect(inOrder(turns, 0)).toEqual([4, 3, 2, 1, 0]);
});

test("what nobody has does not overtake what works because it has waited for long", () => {
  const ready = createReady(2);
  ready.set(0, { need: "without", by: 0 });
  ready.set(1, { need: "alive", by: 105 * minute });
  expect([ready.pop(100 * minute), ready.pop(100 * minute)]).toEqual([1, 0]);
});

test("what fails comes after what works, and last of all when it has nothing to lose", () => {
  const turns: readonly Turn[] = [
    { need: "failing", by: Infinity },
    { need: "failing", by: -minute },
    { need: "without", by: 0 },
    { need: "alive", by: 2 * minute },
  ];
  expect(inOrder(turns, 0)).toEqual([3, 1, 2, 0]);
});

test("what fails and still has something to lose has a place now and then, however much works", () => {
  const turns = Array.from({ length: 20 }, (_, index): Turn => ({ need: "alive", by: index }));
  expect(inOrder([...turns, { need: "failing", by: minute }], 0).indexOf(20)).toBe(7);
});

test("one that is set again stands where it was set last, and one without work nowhere", () => {
  const ready = createReady(2);
  ready.set(0, { need: "without", by: 0 });
  ready.set(0, { need: "alive", by: 3 });
  ready.set(1, { need: "alive", by: 2 });
  ready.set(1, undefined);
  expect([ready.has(0), ready.has(1), ready.pop(0), ready.pop(0), ready.isEmpty()]).toEqual([
    true,
    false,
    0,
    undefined,
    true,
  ]);
});

/** Each mint takes so long that one at a time makes twelve a minute. */
function slowly(scene: Scene, names: readonly string[]): void {
  scene.life = 10 * minute;
  scene.rotations = names.map((name) => ({ ...rotationIn(scene, { name, sinks: [name] }), reloads: [] }));
  scene.onStep = (step) => (step === "mint" ? scene.runtime.sleep(4_900) : undefined);
}

/** Nothing sleeps any more. */
async function finish(scene: Scene, { pass }: Watched): Promise<void> {
  scene.onStep = () => undefined;
  await pass(5_000);
}

/** What had a credential, and lost it. */
function lostIn({ events }: Scene): readonly string[] {
  const had = new Set<string>();
  return events.flatMap((event) => {
    if (event.type === "rotation-finished" && event.report.outcome === "rotated") had.add(event.rotation);
    return event.type === "alarm" && event.alarm === "expired" && had.has(event.rotation) ? [event.rotation] : [];
  });
}

function numbered(letter: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${letter}${index}`);
}

test("with more to begin than there is time for, what has a credential keeps it", async () => {
  const scene = createWatchScene();
  slowly(scene, numbered("r", 180));
  const daemon = await startDaemon(scene, { concurrency: 1 });
  await daemon.pass(20 * minute);
  await finish(scene, daemon);
  expect(lostIn(scene)).toEqual([]);
  expect(scene.mints()).toBeGreaterThan(180);
});

test("many that fail and have lost what they had take no credential from those that work", async () => {
  const scene = createWatchScene();
  slowly(scene, [...numbered("broken", 25), ...numbered("works", 15)]);
  const daemon = await startDaemon(scene, { concurrency: 1 });
  await daemon.pass(8 * minute);
  const mint = scene.onStep;
  scene.onStep = (step) => {
    if (step.startsWith("prepare broken")) throw failing("FAILED");
    return mint(step);
  };
  await daemon.pass(40 * minute);
  await finish(scene, daemon);
  expect(lostIn(scene).filter((name) => name.startsWith("works"))).toEqual([]);
});
