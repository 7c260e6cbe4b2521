import { deadlineOf, refreshAt, ruleProblem } from "../schedule/schedule.ts";
import type { NextCron } from "../schedule/cron.ts";
import type { Rotation } from "../loading/model.ts";
import { allHold, heldLeases, type RotationState } from "../store/state.ts";

export type Decision =
  | { readonly action: "none" }
  /** Something is to be done, but not before `until` (ms). */
  | { readonly action: "wait"; readonly until: number; readonly why: string }
  | { readonly action: "reload"; readonly why: string }
  | { readonly action: "renew"; readonly why: string }
  | { readonly action: "mint"; readonly why: string };

export interface DecideOptions {
  readonly now: number;
  readonly force: boolean;
  /** ms between runs, when the process is started again and again; a credential must last until the run after the next. */
  readonly cadence: number | undefined;
  /** It shares a reload with a rotation that is due, and nearly is itself. */
  readonly pulledForward?: boolean;
  readonly nextCron: NextCron;
}

/** What is to be done with a rotation now, and why. Pure; after recovery and observation. */
export function decide(rotation: Rotation, state: RotationState, options: DecideOptions): Decision {
  const { now, force } = options;
  const why = force ? "forced" : mintReason(rotation, state, options);
  const { failure, owed } = state;
  const backedOff = !force && failure !== undefined && failure.notBefore > now;
  if (why !== undefined && !backedOff) return { action: canRenew(state, why) ? "renew" : "mint", why };
  if (owed?.kind === "reload" && (force || owed.notBefore <= now)) return { action: "reload", why: owed.why };
  if (why !== undefined) return { action: "wait", until: failure!.notBefore, why };
  if (owed !== undefined) return { action: "wait", until: owed.notBefore, why: owed.why };
  return { action: "none" };
}

/** Why a new lease is wanted; undefined when none is. */
export function mintReason(
  rotation: Rotation,
  state: RotationState,
  { now, cadence, pulledForward, nextCron }: DecideOptions,
): string | undefined {
  const lease = state.leases[state.settled ?? ""];
  if (state.owed?.kind === "publish") return `the sinks are mixed: ${state.owed.why}`;
  if (state.settled === undefined && state.owed === undefined) return "never rotated";
  const current = state.owed ? state.leases[state.owed.lease] : lease;
  if (current === undefined || current.phase === "gone") return "the credential is gone";
  if (current.foreign) return "the state came from another machine";
  if (state.owed === undefined && state.specHash !== rotation.hash) return "spec-changed";
  if (
    rotation.drift === "repair" &&
    state.owed === undefined &&
    !allHold(
      state,
      rotation.sinks.map(({ id }) => id),
      state.settled,
    )
  )
    return "drift: a sink was changed by hand";
  const at = refreshAt(current, rotation.refresh, nextCron);
  if (at <= now) return "its refresh time has come";
  if (pulledForward && state.owed === undefined) return "it shares a reload with a rotation that is due";
  // While a reload is owed a further lease would help nobody: only the reload takes the consumers off what they hold.
  const deadline = state.owed ? deadlineOf(current, rotation.refresh) : deadlineFor(rotation, state);
  if (deadline <= now) return "it is expired or about to";
  if (cadence !== undefined && deadline < now + 2 * cadence)
    return "it would not last until the run after the next one";
  return undefined;
}

function canRenew(state: RotationState, why: string): boolean {
  const lease = state.leases[state.settled ?? ""];
  const dueOnly = why === "its refresh time has come" || why === "it would not last until the run after the next one";
  return dueOnly && lease?.renewable === true && state.owed === undefined;
}

/** The earliest end, less its margin, of everything that may be held; Infinity when nothing ends. */
export function deadlineFor(rotation: Rotation, state: RotationState): number {
  return Math.min(...heldLeases(state).map((id) => deadlineOf(state.leases[id]!, rotation.refresh)), Infinity);
}

/** From when on a credential in use nears its end unrotated, ms: half way between the time it should be refreshed and the time it must be. Infinity when nothing ends. */
export function expiringFrom(rotation: Rotation, state: RotationState, nextCron: NextCron): number {
  const deadline = deadlineFor(rotation, state);
  const lease = state.leases[state.settled ?? ""];
  const should = lease ? refreshAt(lease, rotation.refresh, nextCron) : deadline;
  return Number.isFinite(deadline) ? should + (deadline - should) / 2 : Infinity;
}

/** The earliest end of everything that may be held, ms; Infinity when nothing ends. */
export function expiryFor(state: RotationState): number {
  return Math.min(...heldLeases(state).map((id) => state.leases[id]?.expiresAt ?? Infinity), Infinity);
}

/** When the engine has to look at the rotation again, ms. */
export function nextLook(rotation: Rotation, state: RotationState, nextCron: NextCron): number {
  const current = state.leases[state.owed?.lease ?? state.settled ?? ""];
  const refresh = current ? refreshAt(current, rotation.refresh, nextCron) : 0;
  const owed = state.owed?.kind === "reload" ? state.owed.notBefore : Infinity;
  const wanted = state.owed?.kind === "publish" ? 0 : refresh;
  return Math.min(Math.max(wanted, state.failure?.notBefore ?? 0), owed);
}

/** What the schedule cannot do for the settled lease, for a warning. */
export function scheduleProblem(rotation: Rotation, state: RotationState): string | undefined {
  const lease = state.leases[state.settled ?? ""];
  return lease && ruleProblem(lease, rotation.refresh);
}
