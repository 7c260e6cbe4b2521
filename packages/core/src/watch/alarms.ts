import type { Present } from "../engine/quick-look.ts";
import { tellStandings, textOf } from "../engine/tell.ts";
import type { StandingChange } from "../backend/backend.ts";
import type { EngineEvent, OnEvent } from "../events.ts";
import type { AlarmName, RotationStatus, StandingReport } from "../report.ts";
import type { RotationDeps } from "../rotation/session.ts";
import { standingReport } from "../rotation/visit-report.ts";

/** How some of what a daemon has an eye on stands. */
export interface Looks {
  readonly rotations: readonly Present[];
  /** What is not rotated: orphans, and what an unusable list names. */
  readonly others?: readonly RotationStatus[];
}

/** Tells each change of how rotations stand, and of alarm, once. */
export interface Alarms {
  /** Compares these with how they stood before; of all others nothing is said. */
  readonly check: (looks: Looks, deps: RotationDeps) => Promise<void>;
  /** One that nobody has an eye on any more has no alarm. */
  readonly dropAllBut: (isKnown: (name: string) => boolean) => void;
}

/** Raises each alarm once, when it begins or changes, and `recovered` when it is over. */
export function createAlarms(onEvent: OnEvent): Alarms {
  const raised = new Map<string, AlarmName>();
  const before = new Map<string, number>();
  const kinds = new Map<string, number>();

  /** As one small number, for there may be many; 0 in place of a state's `seq` for what has none. */
  function markOf({ seq, kind }: Look): number {
    const known = kinds.get(kind) ?? kinds.size;
    kinds.set(kind, known);
    return seq * mostKinds + known;
  }

  function tellAlarm(name: string, standing?: StandingReport): void {
    const alarm = standing?.alarm;
    if (alarm === raised.get(name)) return;
    if (alarm === undefined) raised.delete(name);
    else raised.set(name, alarm);
    onEvent({ type: "alarm", rotation: name, alarm: alarm ?? "recovered", message: alarmText(standing) });
  }

  return {
    async check({ rotations, others = [] }, deps) {
      const looks = [...rotations.map(lookAt), ...others.map(lookAtOther)];
      const fresh = looks.filter((look) => markOf(look) !== before.get(look.name));
      const news = fresh.map(({ name, standing }) => ({ name, standing: standing(deps) }));
      if (news.length > 0) await tellStandings(deps, news);
      for (const look of fresh) before.set(look.name, markOf(look));
      for (const { name, standing } of news) tellAlarm(name, standing);
    },
    dropAllBut(isKnown) {
      for (const name of before.keys()) if (!isKnown(name)) before.delete(name);
      for (const name of raised.keys()) if (!isKnown(name)) tellAlarm(name);
    },
  };
}

/** More than there are states, codes and exits together. */
const mostKinds = 1_024;

interface Look {
  readonly name: string;
  /** While these are the same, no other process can have told anything else of it. */
  readonly seq: number;
  readonly kind: string;
  readonly standing: (deps: RotationDeps) => StandingReport;
}

function lookAt({ moment, standing }: Present): Look {
  const { rotation, state } = moment;
  const kind = `${standing.state} ${standing.reason.code} ${standing.exit}`;
  return {
    name: rotation.name,
    seq: state.seq,
    kind,
    standing: ({ clock }) => standingReport(standing, moment, clock),
  };
}

function lookAtOther(status: RotationStatus): Look {
  const { name, state, code, exit } = status;
  return { name, seq: 0, kind: `${state} ${code} ${exit}`, standing: () => status };
}

/** The alarm that begins, changes or is over with a change of standing; undefined: none does. */
function alarmOfChange({
  rotation,
  before,
  after,
  message,
}: Pick<StandingChange, "rotation" | "before" | "after" | "message">): EngineEvent | undefined {
  const alarm = after?.alarm;
  if (alarm === before?.alarm) return undefined;
  const text =
    alarm === undefined
      ? after === undefined
        ? message
        : "all is well again"
      : `${introductions[alarm] ?? ""}${message}`;
  return { type: "alarm", rotation, alarm: alarm ?? "recovered", message: text };
}

/** A change of standing is told once by the whole fleet, and with it the alarm. */
export function telling(deps: RotationDeps): RotationDeps {
  const onEvent: OnEvent = (event) => {
    deps.onEvent(event);
    const alarm = event.type === "standing-changed" ? alarmOfChange(event) : undefined;
    if (alarm !== undefined) deps.onEvent(alarm);
  };
  return { ...deps, onEvent };
}

const introductions: Readonly<Partial<Record<AlarmName, string>>> = {
  expired: "a credential in use is expired or inside its margin: ",
  expiring: "a credential in use nears its end: ",
  "reload-owed": "published, but the consumer was not shown to use it: ",
};

function alarmText(standing: StandingReport | undefined): string {
  if (standing === undefined) return "it was forgotten";
  const { alarm } = standing;
  return alarm === undefined ? "all is well again" : `${introductions[alarm] ?? ""}${textOf(standing)}`;
}
