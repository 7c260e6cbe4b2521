import type { RotationReport, RotationStatus } from "./report.ts";

/** Worst first: a credential that is dead or dying, work that is owed, a failure with a live credential, a lock. */
const severity = [3, 4, 1, 5] as const;

function codeOfOutcome({ outcome }: RotationReport): number {
  switch (outcome) {
    case "expired":
      return 3;
    case "reload-owed":
      return 4;
    case "failed":
      return 1;
    case "locked":
      return 5;
    case "rotated":
    case "renewed":
    case "fresh":
    case "reused":
    case "planned":
      return 0;
  }
}

function codeOfState({ state, owed }: RotationStatus): number {
  if (owed !== undefined && state !== "expired") return 4;
  switch (state) {
    case "expired":
      return 3;
    case "reload-owed":
      return 4;
    case "failing":
    case "orphaned":
    case "foreign":
    case "needs-login":
      return 1;
    case "never":
      return 1;
    case "fresh":
    case "due":
    case "rotating":
      return 0;
  }
}

function worst(codes: readonly number[]): number {
  return severity.find((code) => codes.includes(code)) ?? 0;
}

/** The exit code of `rotate run`: 0, 1, 3, 4 or 5. */
export function exitCodeOfRun(rotations: readonly RotationReport[]): number {
  return worst(rotations.map(codeOfOutcome));
}

/** The exit code of `rotate status --check`; `minRemaining` (ms) makes a credential that ends sooner a 3. */
export function exitCodeOfStatus(
  rotations: readonly RotationStatus[],
  limit?: { readonly now: number; readonly minRemaining: number },
): number {
  const short = (status: RotationStatus): boolean =>
    limit !== undefined &&
    status.expiresAt !== undefined &&
    Date.parse(status.expiresAt) - limit.now < limit.minRemaining;
  return worst(rotations.map((status) => (short(status) ? 3 : codeOfState(status))));
}
