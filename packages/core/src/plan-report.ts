/** What `rotate plan` tells. Plain JSON, without secrets; instants are RFC 3339. */
import type { ErrorReport, RotationStatus, StandingReport } from "./report.ts";

/** What a run would write to one sink. */
export interface PlanSink {
  readonly type: string;
  readonly target: string;
  /** Per key: would it change, be created, or be taken over from a value that is not ours? */
  readonly keys: readonly {
    readonly key: string;
    readonly change: "rotated" | "created" | "taken-over" | "unknown";
    readonly fingerprint?: string;
  }[];
}

/** A reload or probe. */
export interface PlanAction {
  readonly type: string;
  readonly name?: string;
  /** What it acts on, in the words of its options: a command, a unit, an address. */
  readonly target?: string;
  /** Of a reload: is it shown that the consumer took the new credential up? */
  readonly adopts?: boolean;
}

/** What is not written any more. */
export interface PlanDrop {
  readonly type: string;
  readonly target: string;
  readonly keys: readonly string[];
  /** When the last credential ends that it may hold. */
  readonly expiresAt?: string;
}

/** Something that works now and may do harm, found by a check. */
export interface PlanRisk {
  /** `ROTATE_RISK_TRACKED`; a check that gives no code of its own has `ROTATE_RISK_WARNED`. */
  readonly code: string;
  readonly message: string;
  /** The file or directory that it is about. */
  readonly path?: string;
  /** What helps; commands stand between backticks. */
  readonly remedy?: string;
}

/** What a run would do with one rotation. */
export interface PlanRotation {
  readonly name: string;
  readonly provider: string;
  /** There is work for a run now. */
  readonly due: boolean;
  /** It has to wait until `nextAt`, after a failure or for the budget: a run that ends before changes nothing. */
  readonly waits?: boolean;
  readonly reason: string;
  readonly standing: StandingReport;
  /** What keeping it fresh takes, about; absent when nobody can tell before the first mint. */
  readonly expected?: { readonly mintsPerDay: number; readonly renewalsPerDay: number };
  readonly nextAt?: string;
  readonly sinks: readonly PlanSink[];
  readonly reloads: readonly PlanAction[];
  /** Probes of the new credential before it is written, and of the consumers after the reload. */
  readonly verify: readonly PlanAction[];
  readonly health: readonly PlanAction[];
  /** Sinks and keys that were written and are not in the spec any more: they stay as they are. */
  readonly dropped: readonly PlanDrop[];
  /** What becomes of the previous lease. */
  readonly revocation: string;
  readonly checks: readonly {
    readonly what: string;
    readonly result: "ok" | "failed" | "not-checked";
    readonly error?: ErrorReport;
  }[];
  readonly warnings: readonly string[];
  /** Those of the warnings that checks gave, as data. */
  readonly risks?: readonly PlanRisk[];
}

/** `rotate plan --json`. `orphans`: what the state knows and the spec does not. */
export interface PlanReport {
  readonly version: 1;
  readonly rotations: readonly PlanRotation[];
  readonly orphans: readonly RotationStatus[];
  /** By provider of the whole spec. Absent when names were given. */
  readonly mints?: readonly MintsReport[];
}

/** How many credentials a provider gives. */
export interface MintsReport {
  /** Its name in the spec. */
  readonly provider: string;
  /** How many it serves. */
  readonly rotations: number;
  /** A day, about; absent: nobody can tell before the first mint. */
  readonly expected?: number;
  /** In the last 24 hours. */
  readonly actual: number;
}
