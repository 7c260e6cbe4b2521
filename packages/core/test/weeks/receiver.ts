/** Somebody who is told of alarms, and believes what is said. */
import { alarmSteps, defineNotifier, type Alarm } from "@rotate/plugin-kit";
import type { NotifierEntry } from "../../src/loading/model.ts";
import { say, type World } from "./world.ts";

/** So many names are in a message. */
const named = 50;

function hear(world: World, alarm: Alarm): void {
  const { step, rotations, delivery, total } = alarm;
  const told = stepsOf(alarm);
  const { outside, clock } = world;
  const { beliefs, deliveries } = world.listener;
  say(world, `told: ${step} ${rotations.join()}`);
  const isNew = told.some(([name, said]) => (said === "recovered" ? beliefs.has(name) : beliefs.get(name) !== said));
  const before = deliveries.get(delivery);
  // Killed between sending and noting it: the same message again is one.
  const ends = [...outside.aways.filter(({ off }) => off).map(({ from }) => from), ...world.kills];
  const isAgain = before !== undefined && ends.some((at) => at >= before);
  if (!isNew && !isAgain && total <= named) {
    world.listener.twice++;
    say(world, `VIOLATION told-twice: ${step} ${rotations.join()}`);
  }
  deliveries.set(delivery, clock.now());
  for (const [name, said] of told) {
    if (said === "recovered") beliefs.delete(name);
    else beliefs.set(name, said);
  }
}

/** How each of its rotations is, by what a person reads: the worst by the step, the others by the counts, in the same order. */
function stepsOf({ step, rotations, text }: Alarm): readonly (readonly [string, string])[] {
  const [, counts = ""] = /^\d+ more: ([^:]+):/m.exec(text) ?? [];
  const others = counts.split(", ").flatMap((part) => {
    const [count, said = step] = part.split(" ");
    return Array.from({ length: Number(count) }, () => said);
  });
  return rotations.map((name, index) => [name, index === 0 ? step : (others[index - 1] ?? step)]);
}

/** The listener as the spec names it: told of everything, of nothing twice. */
export function listenerOf(world: World): NotifierEntry {
  const part = defineNotifier({
    type: "weeks",
    options: { type: "object" },
    send: async (alarm) => hear(world, alarm),
  });
  return { part, type: "weeks", options: {}, where: "notify[0]", id: "listener", on: alarmSteps, after: 1, remind: 0 };
}

/** How a rotation that is alarmed so is not what the listener takes it for; undefined when it is. `alarm`: "" for none. */
export function misbelief(
  { listener, places, scenario: { entries = 1 } }: World,
  name: string,
  alarm: string,
): string | undefined {
  if (places.size / entries > named) return undefined;
  const belief = listener.beliefs.get(name) ?? "";
  return belief !== alarm ? `is ${alarm || "well"}, told ${belief || "well"}` : undefined;
}
