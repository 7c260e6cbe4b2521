import { RotateError } from "@rotate/plugin-kit";
import type { LeaseMark } from "../events.ts";
import type { PhaseName, PhaseReport } from "../report.ts";
import { shortFingerprint } from "../store/fingerprint.ts";
import type { LeaseId } from "../store/state.ts";
import { failureOf, type Failure } from "./errors.ts";
import type { Attempt, Ended, Session } from "./session.ts";

/** What a phase gives back: what the attempt knows now, or its end. */
export type Step = Attempt | End;
/** An end as a phase says it. */
export interface End extends Omit<Ended, "attempt" | "phases"> {
  readonly attempt?: Attempt;
  /** How what was written was put back. */
  readonly undo?: PhaseReport | undefined;
  /** Did the phase itself succeed? An end is a failure unless it says so. */
  readonly succeeded?: boolean;
}

/** One row of the phase table. */
export interface Phase {
  readonly name: PhaseName;
  /** Nothing is exposed yet: when the process is asked to stop, this is where it does. */
  readonly stoppable?: true;
  /** Is there anything for it to do? */
  readonly applies?: (session: Session) => boolean;
  readonly run: (session: Session, attempt: Attempt) => Promise<Step>;
  /** What it has done, in a few words without secrets, when "succeeded" alone says too little. */
  readonly detail?: (attempt: Attempt) => string | undefined;
  /** What its failure means: puts things right as far as that goes, and says how the attempt ends. */
  readonly failed: (session: Session, attempt: Attempt, failure: Failure) => Promise<End>;
}

/** The end of an attempt, by a phase that does not go on. */
export function end(outcome: Ended["outcome"], reason: string, rest: Partial<End> = {}): End {
  return { ended: true, outcome, reason, ...rest };
}

/** Runs the phases in order until one ends the attempt. The last phase always does. */
export async function runPhases(table: readonly Phase[], session: Session, first: Attempt): Promise<Ended> {
  const reports: PhaseReport[] = [];
  let attempt = first;
  for (const phase of table) {
    const { step, report } = await runPhase(phase, session, attempt);
    reports.push(report);
    if ("ended" in step) {
      const rest = table.slice(reports.length).map(({ name }) => notRun(name));
      const { undo, ...ended } = step;
      const phases = [...reports, ...(undo === undefined ? [] : [undo]), ...rest];
      return { ...ended, attempt: step.attempt ?? attempt, phases };
    }
    attempt = step;
  }
  throw new Error("the last phase did not end the attempt");
}

async function runPhase(
  phase: Phase,
  session: Session,
  attempt: Attempt,
): Promise<{ step: Step; report: PhaseReport }> {
  if (phase.applies?.(session) === false)
    return { step: attempt, report: { phase: phase.name, result: "skipped", durationMs: 0 } };
  const { onEvent, runtime } = session.deps;
  const rotation = session.rotation.name;
  onEvent({ type: "phase-started", rotation, phase: phase.name });
  const start = runtime.monotonic();
  const step = await stepOf(phase, session, attempt);
  const report = reportOf(phase, step, Math.round(runtime.monotonic() - start));
  const { lease } = "ended" in step ? { ...attempt, ...step.attempt } : step;
  onEvent({ type: "phase-finished", rotation, phase: report, ...markOf(session, lease) });
  return { step, report };
}

/** Undefined before the issuer's answer was taken: then nobody knows the value. */
export function markOf({ state }: Session, id: LeaseId | undefined): { readonly lease?: LeaseMark } {
  const fingerprint = id === undefined ? "" : (state().leases[id]?.fingerprint ?? "");
  return id === undefined || fingerprint === "" ? {} : { lease: { id, fingerprint: shortFingerprint(fingerprint) } };
}

async function stepOf(phase: Phase, session: Session, attempt: Attempt): Promise<Step> {
  try {
    if (phase.stoppable && session.signal.aborted) throw stopping();
    return await phase.run(session, attempt);
  } catch (error) {
    const failure = failureOf(error, { phase: phase.name });
    const ending = await phase.failed(session, attempt, failure);
    return { failure, ...ending };
  }
}

const stopRequested = Symbol("stop requested");

/** Did the attempt end because the process was asked to stop? That is no failure. */
export function isStop({ failure }: Pick<Ended, "failure">): boolean {
  return failure?.error.cause === stopRequested;
}

/** What ends an attempt that is asked to stop where nothing of it would be lost. */
export function stopping(): RotateError {
  return new RotateError("rotate was asked to stop", {
    code: "UNAVAILABLE",
    retryable: false,
    noEffect: true,
    hint: "nothing was written; the next run goes on",
    cause: stopRequested,
  });
}

function reportOf({ name: phase, detail }: Phase, step: Step, durationMs: number): PhaseReport {
  if ("ended" in step)
    return step.succeeded === true
      ? { phase, result: "succeeded", durationMs }
      : { phase, result: "failed", durationMs, ...(step.failure && { error: step.failure.report }) };
  const done = detail?.(step);
  return { phase, result: "succeeded", durationMs, ...(done !== undefined && { detail: done }) };
}

function notRun(phase: PhaseName): PhaseReport {
  return { phase, result: "not-run", durationMs: 0 };
}
