import { timeOf } from "../engine/quick-look.ts";
import type { EngineEvent, OnEvent } from "../events.ts";
import { deadlineFor, expiringFrom } from "../rotation/decide.ts";
import type { RotationDeps } from "../rotation/session.ts";
import type { Rotation } from "../loading/model.ts";
import type { RotationState } from "../store/state.ts";

type Alarm = Extract<EngineEvent, { type: "alarm" }>["alarm"];

/** Tells each change of alarm once. */
export interface Alarms {
  readonly check: (rotations: readonly Rotation[], deps: RotationDeps) => Promise<void>;
}

export function createAlarms(onEvent: OnEvent): Alarms {
  const raised = new Map<string, Alarm>();
  return {
    async check(rotations, deps) {
      for (const rotation of rotations) {
        const state = await deps.store.load(rotation.name);
        const now = alarmOf(rotation, state, deps);
        const before = raised.get(rotation.name);
        if (now === before) continue;
        if (now === undefined) raised.delete(rotation.name);
        else raised.set(rotation.name, now);
        onEvent({ type: "alarm", rotation: rotation.name, alarm: now ?? "recovered", message: messageOf(now, state) });
      }
    },
  };
}

/** The alarm a state stands for: of what the consumers hold, not of what was last written. */
export function alarmOf(rotation: Rotation, state: RotationState, deps: RotationDeps): Alarm | undefined {
  const now = timeOf(deps, state);
  if (deadlineFor(rotation, state) <= now) return "expired";
  if (expiringFrom(rotation, state, deps.nextCron) <= now) return "expiring";
  if (state.owed) return "reload-owed";
  return state.failure ? "failed" : undefined;
}

function messageOf(alarm: Alarm | undefined, { failure, owed }: RotationState): string {
  const why = failure?.message ?? owed?.why ?? "it was not rotated in time";
  switch (alarm) {
    case undefined:
    case "recovered":
      return "all is well again";
    case "expired":
      return `a credential in use is expired or inside its margin: ${why}`;
    case "expiring":
      return `a credential in use nears its end: ${why}`;
    case "reload-owed":
      return `published, but the consumer was not shown to use it: ${why}`;
    case "failed":
    case "skew":
      return why;
  }
}
