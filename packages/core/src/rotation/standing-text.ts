import { formatDuration } from "@rotate/runtime";
import type { Rotation } from "../loading/model.ts";
import { ruleProblem, type RuleProblem } from "../schedule/schedule.ts";
import { awayText } from "../store/away.ts";
import { behind, type KeptError, type RotationState } from "../store/state.ts";
import type { DriftedKey } from "../report.ts";
import { publishedLease, type Moment } from "./moment.ts";
import { reasonOf, reasonText } from "./reason.ts";
import type { Standing } from "./standing.ts";

/** A standing in one line, without the rotation's name; undefined when all is well. */
export function standingText({ reason, rotating }: Standing, moment: Moment): string | undefined {
  const { state, rotation, cadence } = moment;
  const why = lastErrorOf(state)?.message ?? leftAlone(moment);
  switch (reason.code) {
    case "ejected":
      return `let go: nothing rotates it until \`rotate run ${rotation.name} --force\``;
    case "revoked":
      return publishedLease(state)?.dead ? "what is in use no longer works" : "what is in use was revoked";
    case "ended":
      return why ?? (rotating ? "it ended while it was being rotated" : "nobody rotated it in time");
    case "margin":
    case "late":
      return why ?? "it nears its end and is not rotated";
    case "mixed":
      return state.owed ? `mixed: ${state.owed.why}` : "an attempt was cut off while the sinks were being written";
    case "owed":
      return why ?? "the reload was not finished";
    case "login":
      return why ?? "a person has to log in";
    case "failing":
      return why ?? "it fails";
    case "list":
    case "unserved":
      return leftAlone(moment);
    case "moved":
      return state.away && awayText(state.away);
    case "gone":
      return "its machine is not heard of any more";
    case "absent":
    case "changed":
      return driftText(reason.drift ?? [], rotation);
    case "foreign":
      return "the state came from another machine";
    case "orphaned":
      return orphanText(rotation.name);
    case "left":
      return "another machine rotates it now";
    case "clock":
      return "nobody can tell how old it is: the clock was wrong before this boot";
    case "too-slow":
      return `runs come every ${formatDuration(cadence ?? 0)}, it lives ${formatDuration(publishedLease(state)?.given ?? 0)}: it ends between two runs`;
    case "rule":
      return ruleText("never-ends");
    case "due": {
      const due = reasonOf(moment);
      return due && reasonText(due, moment);
    }
    case "unproved":
      return "nobody has seen it work since this machine was started or went on: the next run looks";
    case "retire":
      return "a superseded lease can be revoked";
    case "never":
    case "fresh":
      return undefined;
  }
}

/** Why nobody works on it, when that is not the state's own doing. */
function leftAlone({ heldBack, unserved }: Moment): string | undefined {
  return heldBack?.message ?? unserved;
}

/** Of what is not in the spec any more, or is rotated by another machine now. */
export function orphanText(name: string, host?: string): string {
  return host === undefined
    ? "not in the spec any more: put it back, name it with `renamedFrom`, or `rotate forget` it"
    : `${host} rotates it now, and this machine has left a credential of it: \`rotate forget ${name}\` here drops what is known of that`;
}

/** What the last try failed of, until the next one succeeds. */
export function lastErrorOf(state: RotationState): KeptError | undefined {
  return state.owed?.error ?? state.failure ?? behind(state);
}

const shown = 3;

function driftText(keys: readonly DriftedKey[], { drift, name }: Rotation): string {
  const parts = keys
    .slice(0, shown)
    .map(
      ({ target, key, kind }) =>
        `${target}${key === undefined ? "" : `: ${key}`} ${kind === "absent" ? "is gone" : "is not what was written"}`,
    );
  const rest = keys.length - shown;
  const remedy =
    drift === "repair"
      ? ""
      : `; \`rotate run ${name} --force\` writes it again, \`rotate eject ${name} --keep\` leaves it to you`;
  const onlyGone = keys.every(({ kind }) => kind === "absent");
  return `${parts.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}${onlyGone ? "" : remedy}`;
}

/** What the schedule cannot do for a lease, in words. */
export function ruleText(problem: RuleProblem): string {
  switch (problem) {
    case "never-ends":
      return "the credential never expires by itself: say when to refresh it (`every` or `cron`)";
    case "every-too-long":
      return "`refresh.every` is not shorter than the life of the credential: it is refreshed at the usual time instead";
    case "before-too-long":
      return "`refresh.before` is not shorter than the life of the credential: it is refreshed at the usual time instead";
  }
}

/** What the schedule cannot do for the lease in use, for a warning. */
export function scheduleWarning({ state, rotation }: Pick<Moment, "state" | "rotation">): string | undefined {
  const lease = publishedLease(state);
  const problem = lease && ruleProblem(lease, rotation.refresh);
  return problem && ruleText(problem);
}
