import type { ErrorReport, Outcome, RotationReport, RotationStatus, RunReport } from "@rotate/core";
import { renderError } from "./error-text.ts";
import type { Colour, Paint } from "./terminal.ts";
import { formatInstant } from "./time.ts";

const colours: Readonly<Record<Outcome, Colour>> = {
  rotated: "green",
  renewed: "green",
  fresh: "green",
  reused: "green",
  failed: "red",
  expired: "red",
  "reload-owed": "yellow",
  locked: "yellow",
};

/** What stands behind the outcome: `expires in 48m, next rotation in 21m`. @param now milliseconds since 1970 */
export function describeRotation(rotation: RotationReport, now: number): string {
  const { outcome, reason, credential, nextAt, standing } = rotation;
  const good = outcome === "rotated" || outcome === "renewed" || outcome === "fresh" || outcome === "reused";
  const why = good ? (standing.exit === 0 ? undefined : standing.reason) : reason;
  const told = why === undefined || failures(rotation).some(({ message }) => message === why);
  const parts = told ? [] : [why];
  if (credential !== undefined) parts.push(describeExpiry(standing.expiresAt, now));
  if (nextAt !== undefined) parts.push(`${good ? "next rotation" : "next try"} ${formatInstant(nextAt, now)}`);
  return parts.length === 0 ? reason : parts.join(", ");
}

/** `expires in 48m`, `expired 2m ago`, `never expires`. @param expiresAt RFC 3339 */
export function describeExpiry(expiresAt: string | undefined, now: number): string {
  if (expiresAt === undefined) return "never expires";
  return `${Date.parse(expiresAt) > now ? "expires" : "expired"} ${formatInstant(expiresAt, now)}`;
}

/** The end of a `run`: a line for each rotation, and under it what failed and what to do about it. */
export function renderRun({ rotations, orphans }: RunReport, { paint, now }: { paint: Paint; now: number }): string {
  const width = Math.max(0, ...[...rotations, ...orphans].map(({ name }) => name.length));
  return [
    ...rotations.flatMap((rotation) => [
      `${rotation.name.padEnd(width)}  ${paint(colours[rotation.outcome], rotation.outcome)}  ${describeRotation(rotation, now)}`,
      ...(rotation.warnings ?? []).map((warning) => `  ${paint("yellow", "warning")}  ${warning}`),
      ...failures(rotation).flatMap((error) => renderError(error, paint)),
    ]),
    ...orphans.map((orphan) => renderOrphan(orphan, { paint, now, width })),
  ].join("\n");
}

/** One that the spec does not have any more: `old-db  orphaned  expires in 28m, not in the spec any more: …`. */
export function renderOrphan(
  { name, state, expiresAt, reason = "" }: RotationStatus,
  { paint, now, width }: { readonly paint: Paint; readonly now: number; readonly width: number },
): string {
  return `${name.padEnd(width)}  ${paint("yellow", state)}  ${describeExpiry(expiresAt, now)}, ${reason}`;
}

function failures({ phases, lastError }: RotationReport): readonly ErrorReport[] {
  const failed = phases.flatMap(({ error }) => (error === undefined ? [] : [error]));
  return lastError === undefined ? failed : [...failed, lastError];
}
