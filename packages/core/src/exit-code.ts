import type { RotationReport, RotationStatus, StandingReport } from "./report.ts";

/** Worst first: a credential that is dead or dying, work that is owed, trouble while what is held works, a lock. */
const severity = [3, 4, 1, 5] as const;

const cannotTell = 6;

function worst(codes: readonly number[]): number {
  return severity.find((code) => codes.includes(code)) ?? 0;
}

/** The exit code of `rotate run`: the worst of how the rotations and what the spec left behind stand afterwards, and of what was done. 0, 1, 3, 4 or 5; 6 when there are some of which nothing is known. */
export function exitCodeOfRun({
  rotations,
  orphans = [],
  troubles = [],
  untold = [],
}: {
  readonly rotations: readonly Pick<RotationReport, "standing" | "outcome">[];
  readonly orphans?: readonly Pick<RotationStatus, "exit">[];
  readonly troubles?: readonly unknown[];
  readonly untold?: readonly string[];
}): number {
  if (untold.length > 0) return cannotTell;
  return worst([
    ...orphans.map(({ exit }) => exit),
    ...troubles.map(() => 1),
    ...rotations.flatMap(({ standing, outcome }) => [
      standing.exit,
      ...(outcome === "failed" ? [1] : []),
      ...(outcome === "locked" ? [5] : []),
    ]),
  ]);
}

/** The exit code of `rotate status --check`; `minRemaining` (ms) makes a credential that ends sooner a 3. A running watch that is kept from its work, or cannot tell who is to be told, is a 1. */
export function exitCodeOfStatus(
  {
    rotations,
    troubles = [],
    untold = [],
  }: {
    readonly rotations: readonly Pick<RotationStatus, "exit" | "expiresAt">[];
    readonly troubles?: readonly unknown[];
    readonly untold?: readonly string[];
  },
  limit?: { readonly now: number; readonly minRemaining: number },
): number {
  if (untold.length > 0) return cannotTell;
  const short = ({ expiresAt }: Pick<StandingReport, "expiresAt">): boolean =>
    limit !== undefined && expiresAt !== undefined && Date.parse(expiresAt) - limit.now < limit.minRemaining;
  return worst([...troubles.map(() => 1), ...rotations.map((status) => (short(status) ? 3 : status.exit))]);
}
