/** Each call that a run makes, hanging and obeying nobody: `--timeout` bounds the command, and what it says is how it stands. */
import { reference } from "@rotate/runtime";
import { expect, test } from "vitest";
import type { Rotation } from "../../src/loading/model.ts";
import { probeEntry } from "./spec.ts";
import { createScene, hour, minute, untilDue, type EditRotation, type Scene } from "./support.ts";

/** With every kind of call: a login, checks, a reference, both probes. */
const whole: EditRotation = (rotation, world): Rotation => ({
  ...rotation,
  provider: {
    ...rotation.provider,
    options: { host: reference({ exec: ["where"] }, false) },
    part: {
      ...rotation.provider.part,
      async login() {
        await world.hook("login");
        return { value: "in" };
      },
    },
  },
  verify: [probeEntry(world, "verify")],
  health: [probeEntry(world, "health")],
});

interface Hanging {
  readonly scene: Scene;
  /** Resolves at the next call that hangs. */
  readonly next: () => Promise<void>;
  /** It hangs no longer. */
  readonly end: () => void;
}

function createHanging(hanging: string): Hanging {
  const scene = createScene(whole);
  const over = Promise.withResolvers<void>();
  let asked = Promise.withResolvers<void>();
  function onStep(step: string): Promise<void> | undefined {
    if (step !== hanging) return undefined;
    asked.resolve();
    return over.promise;
  }
  scene.onStep = onStep;
  async function execReference(): Promise<{ stdout: string; stderr: string; exitCode: number }> {
    await onStep("reference");
    return { stdout: "here", stderr: "", exitCode: 0 };
  }
  scene.runtime = { ...scene.runtime, execReference };
  async function next(): Promise<void> {
    await asked.promise;
    asked = Promise.withResolvers();
  }
  function end(): void {
    scene.onStep = () => undefined;
    over.resolve();
  }
  return { scene, next, end };
}

const timeout = 10_000;
/** What a call gets that is begun when the time is over, and its last words. ms */
const lastCall = 4_000;

/** Time passes only while something hangs: what the disk takes is not counted. */
async function endsInTime({ scene, next }: Hanging): Promise<Awaited<ReturnType<Scene["run"]>>> {
  const began = scene.now();
  const running = scene.run({ timeout });
  const isOver = running.then(() => true);
  for (let first = true; !(await Promise.race([isOver, next().then(() => false)])); first = false)
    await scene.clock.advance(first ? timeout + lastCall : lastCall);
  expect(scene.now() - began).toBeLessThanOrEqual(timeout + 3 * lastCall);
  return running;
}

test.each(["login", "check", "check a", "reference", "mint", "verify", "read a", "prepare a", "commit a"])(
  "%s hangs in the first rotation: the command ends in its time, and no consumer was told of anything",
  async (step) => {
    const hanging = createHanging(step);
    const { exit } = await endsInTime(hanging);
    expect(exit).not.toBe(0);
    expect(hanging.scene.reloads()).toEqual([]);
    hanging.end();
    await hanging.scene.clock.advance(hour / 2);
    expect((await hanging.scene.run()).exit).toBe(0);
  },
);

test.each(["reload app", "health"])(
  "%s hangs after the write: the command ends in its time, with the exit of a reload that is owed",
  async (step) => {
    const hanging = createHanging(step);
    const { exit } = await endsInTime(hanging);
    expect(exit).toBe(4);
    expect((await hanging.scene.status()).state).toBe("reload-owed");
    hanging.end();
    await hanging.scene.clock.advance(hour / 4);
    expect((await hanging.scene.run()).exit).toBe(0);
  },
);

test("a revocation hangs: the command ends in its time, with the new credential in use", async () => {
  const hanging = createHanging("revoke");
  const { scene } = hanging;
  await scene.run();
  await scene.clock.advance(untilDue);
  await scene.run();
  await scene.clock.advance(6 * minute);
  const { exit } = await endsInTime(hanging);
  expect({ exit, held: scene.held() }).toEqual({ exit: 0, held: "value-2" });
  hanging.end();
});
