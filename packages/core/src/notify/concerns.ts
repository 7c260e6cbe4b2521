/** What there is to tell of, from reports alone. Pure. */
import { alarmSteps, type AlarmStep } from "@rotate/plugin-kit";
import type { MintsReport } from "../plan-report.ts";
import type { CallPlace, CauseReport, RotationStatus, StatusReport, TroubleReport } from "../report.ts";

/** How bad it is, while it is not over. */
export type FiringStep = Exclude<AlarmStep, "recovered">;

/** One thing that is not well. */
export interface Concern {
  /** A rotation's name, or in words what else it is: a space is in it. */
  readonly subject: string;
  readonly alarm: FiringStep;
  /** What it is in trouble for. */
  readonly code: string;
  readonly provider: string;
  readonly phase?: CallPlace;
  readonly message: string;
  readonly hint?: string;
  readonly docs?: string;
  /** Until when it works, RFC 3339. */
  readonly expiresAt?: string;
  /** When it is tried again, RFC 3339. */
  readonly nextAt?: string;
  /** Tries that failed in a row: `failed` is not told of the first. Absent: it is no matter of tries. */
  readonly failures?: number;
}

/** Everything that is alarmed among rotations. */
export function concernsOf({ rotations, causes }: Pick<StatusReport, "rotations" | "causes">): readonly Concern[] {
  const byName = new Map(causes.flatMap((cause) => cause.names.map((name) => [name, cause] as const)));
  return rotations.flatMap((rotation) => concernOf(rotation, byName.get(rotation.name)) ?? []);
}

function concernOf(rotation: RotationStatus, cause: CauseReport | undefined): Concern | undefined {
  const { name, alarm, provider, code, reason, expiresAt, nextAt, failures } = rotation;
  if (alarm === undefined) return undefined;
  return {
    subject: name,
    alarm,
    code: cause?.code ?? code,
    provider,
    message: messageOf(rotation, cause) ?? reason ?? code,
    ...(cause?.phase !== undefined && { phase: cause.phase }),
    ...(cause?.hint !== undefined && { hint: cause.hint }),
    ...(cause?.docs !== undefined && { docs: cause.docs }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(nextAt !== undefined && { nextAt }),
    ...(code === "failing" && failures !== undefined && { failures }),
  };
}

function messageOf({ lastError }: RotationStatus, cause: CauseReport | undefined): string | undefined {
  return cause?.isError === true ? (lastError?.message ?? cause.messages[0]) : undefined;
}

/** Providers that give more than they should. */
export function mintConcerns(above: readonly MintsReport[]): readonly Concern[] {
  return above.map(({ provider, expected = 0, actual }) => ({
    subject: `provider ${provider}`,
    alarm: "mints-above-expected",
    code: "mints-above-expected",
    provider,
    message: `about ${Math.round(expected)} credentials a day are expected, ${actual} were made in the last 24 hours`,
    hint: "`rotate history` tells why each was made: does a verify, a reload or a sink fail again and again, or does somebody force it?",
  }));
}

/** What keeps the daemon from its work is no matter of tries: it is told as soon as it lasts. */
export function troubleConcerns(troubles: readonly TroubleReport[]): readonly Concern[] {
  return troubles.map(({ code, message, hint }) => ({
    subject: `rotate watch (${code})`,
    alarm: "failed",
    code,
    provider: "",
    message,
    ...(hint !== undefined && { hint }),
  }));
}

/** What concerns have in common that have one cause. */
export function causeOf({ code, provider }: Pick<Concern, "code" | "provider">): string {
  return `${code} ${provider}`;
}

/** Orders what is told, the worst first. */
export function rankOf(step: FiringStep): number {
  return alarmSteps.indexOf(step);
}

/** The worst among them; undefined: there is none. */
export function worstOf(steps: readonly FiringStep[]): FiringStep | undefined {
  return steps.toSorted((one, other) => rankOf(one) - rankOf(other))[0];
}
