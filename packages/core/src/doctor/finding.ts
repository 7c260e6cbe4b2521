/** What `rotate doctor` tells. Plain JSON, without secrets. */

/** error: something does not work, or others can take over. warning: it works, and can do harm. note: worth knowing. */
export type Severity = "error" | "warning" | "note";

/** One thing that is wrong, with what helps. */
export interface Finding {
  /** `ROTATE_RISK_TRACKED`, or the code of the error that a check met. */
  readonly code: string;
  readonly severity: Severity;
  /** A path, a place in the spec, a part of it, a host. */
  readonly about: string;
  readonly message: string;
  /** What to do; commands stand between backticks. */
  readonly remedy: string;
  /** The rotations that it concerns. Absent: the whole spec, or the machine. */
  readonly rotations?: readonly string[];
}

/** One thing that was looked at. */
export interface Examination {
  readonly name: string;
  /** found: findings, or what was seen, say what. */
  readonly result: "good" | "found" | "not-looked-at";
  /** What was seen, or why nobody looked. */
  readonly seen: string;
}

/** `rotate doctor --json`. Findings are sorted, the worst first. */
export interface DoctorReport {
  readonly version: 1;
  /** No error and no warning among the findings that nobody asked to ignore. */
  readonly healthy: boolean;
  readonly examined: readonly Examination[];
  readonly findings: readonly Finding[];
  /** Of the codes that were to be ignored, those that were found. */
  readonly ignored: readonly string[];
}

const ranks: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };

/** The worst first; one finding for all rotations that have it in common. */
export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  const same = Map.groupBy(findings, ({ code, about, message, remedy }) => [code, about, message, remedy].join("\n"));
  return [...same.values()]
    .map(([first, ...others]) => {
      const rotations = [...new Set([first!, ...others].flatMap((one) => one.rotations ?? []))];
      return rotations.length === 0 ? first! : { ...first!, rotations };
    })
    .toSorted((a, b) => ranks[a.severity] - ranks[b.severity]);
}
