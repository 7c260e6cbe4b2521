import type { ErrorReport, RotationReport } from "@rotate/core";
import { formatElapsed, lifeLeft, span, will } from "./time.ts";

/** Something was published, lengthened or seen to be the same. */
export function isDone({ outcome }: RotationReport): boolean {
  return outcome === "rotated" || outcome === "renewed" || outcome === "reused";
}

/** What was done and how it stands: `rotated in 1.2 s, 1h left, next in 41m`; of what failed why, when it is tried again and until when what is in use works. @param now milliseconds since 1970 */
export function describeRotation(rotation: RotationReport, now: number): string {
  const { outcome, nextAt, standing, credential } = rotation;
  if (!isDone(rotation) && outcome !== "fresh") return describeFailure(rotation, now);
  const took = rotation.phases.reduce((sum, { durationMs }) => sum + durationMs, 0);
  return [
    isDone(rotation) && took > 0 ? `${outcome} in ${formatElapsed(took)}` : outcome,
    ...(credential === undefined ? [] : [lifeLeft({ credential, expiresAt: standing.expiresAt }, now)]),
    ...(nextAt === undefined ? [] : [`next ${will(nextAt, now)}`]),
  ].join(", ");
}

function describeFailure(rotation: RotationReport, now: number): string {
  const { outcome, reason, nextAt, standing } = rotation;
  const failed = rotation.phases.find(({ error }) => error !== undefined);
  const left = standing.expiresAt === undefined ? 0 : Date.parse(standing.expiresAt) - now;
  const messages = failuresOf(rotation).map(({ message }) => message);
  const head = [
    failed === undefined ? outcome : `${failed.phase} failed`,
    ...(nextAt === undefined ? [] : [`next try ${will(nextAt, now)}`]),
    ...(left > 0 ? [`works for ${span(left)} more`] : []),
  ];
  return `${head.join(", ")}: ${messages.length > 0 ? messages.join("; ") : reason}`;
}

function failuresOf({ phases, lastError }: RotationReport): readonly ErrorReport[] {
  const failed = phases.flatMap(({ error }) => (error === undefined ? [] : [error]));
  return failed.length > 0 || lastError === undefined ? failed : [lastError];
}
