/** Somebody who is told of alarms, and believes what is said. */
import { alarmSteps, defineNotifier, type Alarm } from "@rotate/plugin-kit";
import type { NotifierEntry } from "../../src/loading/model.ts";
import { say, type World } from "./world.ts";

/** So many names are in a message. */
const named = 50;

function hear(world: World, { step, rotations, delivery, total }: Alarm): void {
  const { outside, clock } = world;
  const { beliefs, deliveries } = world.listener;
  say(world, `told: ${step} ${rotations.join()}`);
  const isNew = rotations.some((name) => (step === "recovered" ? beliefs.has(name) : beliefs.get(name) !== step));
  const before = deliveries.get(delivery);
  // Killed between sending and noting it: the same message again is one.
  const isAgain = before !== undefined && outside.aways.some(({ off, from }) => off && from >= before);
  if (!isNew && !isAgain && total <= named) {
    world.listener.twice++;
    say(world, `VIOLATION told-twice: ${step} ${rotations.join()}`);
  }
  deliveries.set(delivery, clock.now());
  for (const name of rotations) {
    if (step === "recovered") beliefs.delete(name);
    else beliefs.set(name, step);
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
export function misbelief({ listener, places }: World, name: string, alarm: string): string | undefined {
  if (places.size > named) return undefined;
  const belief = listener.beliefs.get(name) ?? "";
  const differs = places.size === 1 ? belief !== alarm : (belief === "") !== (alarm === "");
  return differs ? `is ${alarm || "well"}, told ${belief || "well"}` : undefined;
}
