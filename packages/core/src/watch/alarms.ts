import { presentOf } from "../engine/quick-look.ts";
import type { OnEvent } from "../events.ts";
import type { AlarmName } from "../report.ts";
import type { Moment } from "../rotation/moment.ts";
import type { RotationDeps } from "../rotation/session.ts";
import type { Standing } from "../rotation/standing.ts";
import { standingText } from "../rotation/standing-text.ts";
import type { Rotation } from "../loading/model.ts";

/** Tells each change of alarm once. */
export interface Alarms {
  /** `isBusy`: this process is at work on it. */
  readonly check: (
    rotations: readonly Rotation[],
    deps: RotationDeps,
    isBusy?: (rotation: Rotation) => boolean,
  ) => Promise<void>;
}

/** Raises each alarm once, when it begins or changes, and `recovered` when it is over. */
export function createAlarms(onEvent: OnEvent): Alarms {
  const raised = new Map<string, AlarmName>();
  return {
    async check(rotations, deps, isBusy = () => false) {
      for (const rotation of rotations) {
        const { moment, standing } = await presentOf({ rotation, deps }, { busy: isBusy(rotation) });
        const { alarm } = standing;
        if (alarm === raised.get(rotation.name)) continue;
        if (alarm === undefined) raised.delete(rotation.name);
        else raised.set(rotation.name, alarm);
        onEvent({
          type: "alarm",
          rotation: rotation.name,
          alarm: alarm ?? "recovered",
          message: alarmText(standing, moment),
        });
      }
    },
  };
}

const before: Readonly<Partial<Record<AlarmName, string>>> = {
  expired: "a credential in use is expired or inside its margin: ",
  expiring: "a credential in use nears its end: ",
  "reload-owed": "published, but the consumer was not shown to use it: ",
};

function alarmText(standing: Standing, moment: Moment): string {
  const { alarm } = standing;
  if (alarm === undefined) return "all is well again";
  return `${before[alarm] ?? ""}${standingText(standing, moment) ?? alarm}`;
}
