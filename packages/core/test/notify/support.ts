/** A receiver in memory, which can be told to fail. */
import { alarmSteps, defineNotifier, RotateError, type Alarm } from "@rotate/plugin-kit";
import type { NotifierEntry } from "../../src/loading/model.ts";

export interface Receiver {
  readonly entry: NotifierEntry;
  readonly alarms: Alarm[];
  /** `expired: db,mq`, one each. */
  readonly told: () => readonly string[];
  mode: "hears" | "refuses" | "hangs";
  /** How often it was tried. */
  tries: number;
}

export function createReceiver(id = "receiver", more: Partial<NotifierEntry> = {}): Receiver {
  const alarms: Alarm[] = [];
  const part = defineNotifier({
    type: "memory",
    options: { type: "object" },
    async send(alarm, { sleep }) {
      receiver.tries++;
      if (receiver.mode === "hangs") await sleep(3_600_000);
      if (receiver.mode === "refuses")
        throw new RotateError("the receiver answered 500", {
          code: "UNAVAILABLE",
          retryable: true,
          hint: "see its log",
        });
      alarms.push(alarm);
    },
  });
  const entry = { part, type: "memory", options: {}, where: `notify.${id}`, id, on: alarmSteps, after: 3, remind: 0 };
  const receiver: Receiver = {
    entry: { ...entry, ...more },
    alarms,
    told: () => alarms.map(({ step, rotations }) => `${step}: ${rotations.join()}`),
    mode: "hears",
    tries: 0,
  };
  return receiver;
}
