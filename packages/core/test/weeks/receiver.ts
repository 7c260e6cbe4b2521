/** Somebody who is told of alarms, and believes what is said. */
import { alarmSteps, defineNotifier, type Alarm } from "@rotate/plugin-kit";
import type { NotifierEntry } from "../../src/loading/model.ts";
import { say, type World } from "./world.ts";

/** So many names are in a message. */
const named = 50;

function hear(world: World, alarm: Alarm): void {
  const { step, rotations, steps, delivery, total } = alarm;
  const told = Object.entries(steps);
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
