import { expect, test } from "vitest";
import type { Rotation } from "../../src/loading/model.ts";
import { createScene, failAt, failing, type Scene, untilDue } from "./support.ts";

interface Row {
  /** Of the sink, before anybody has looked at it. */
  readonly what: string;
  readonly edit?: (rotation: Rotation) => Rotation;
  /** `earlier`: what the sink held before the last rotation. */
  readonly change: (scene: Scene, earlier: string) => void;
  readonly answer: Answer;
}

interface Answer {
  /** A run rotates. */
  readonly due: boolean;
  /** Why it does, or how the rotation stands when it does not. */
  readonly why: string;
}

const repaired = (rotation: Rotation): Rotation => ({ ...rotation, drift: "repair" });

const rows: readonly Row[] = [
  { what: "holds what was written", change: () => undefined, answer: { due: false, why: "fresh" } },
  {
    what: "was changed by hand",
    change: (scene) => scene.write("a", "by hand"),
    answer: { due: false, why: "drift" },
  },
  {
    what: "was changed by hand, and is to be repaired",
    edit: repaired,
    change: (scene) => scene.write("a", "by hand"),
    answer: { due: true, why: "drift: a sink was changed by hand" },
  },
  {
    what: "is gone",
    change: (scene) => scene.remove("a"),
    answer: { due: true, why: "drift: what was written is gone" },
  },
  {
    what: "holds an earlier credential again",
    change: (scene, earlier) => scene.write("a", earlier),
    answer: { due: true, why: "the sinks are mixed: drift: a sink holds an earlier credential again" },
  },
  {
    what: "cannot be read",
    change: (scene) => failAt(scene, { "read a": failing("DENIED") }),
    answer: { due: false, why: "fresh" },
  },
];

test.each(rows)("of a sink that $what plan and needs-rotation say what a run then does", async (row) => {
  const scene = createScene(row.edit);
  await scene.run();
  const earlier = scene.read("a");
  await scene.clock.advance(untilDue);
  await scene.run();
  row.change(scene, earlier);
  const held = scene.held();
  const [plan, need] = await scene.ask((engine) => Promise.all([engine.plan(), engine.needsRotation("db")]));
  const { due, reason, standing } = plan.rotations[0]!;
  expect({ due, why: due ? reason : standing.state }).toEqual(row.answer);
  expect({ due: need.due, state: need.status.state }).toEqual({ due, state: standing.state });
  expect(scene.held()).toBe(held);

  const { db } = await scene.run();
  const isRotated = db.outcome === "rotated";
  expect({ due: isRotated, why: isRotated ? db.reason : db.standing.state }).toEqual(row.answer);
});
