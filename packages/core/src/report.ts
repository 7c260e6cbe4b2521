/** What a run says afterwards. These are the JSON contracts of `--json`: fields and values are only ever added. Instants are RFC 3339. */

export type PhaseName =
  | "recover"
  | "observe"
  | "preflight"
  | "mint"
  | "verify"
  | "prepare"
  | "commit"
  | "undo"
  | "reload"
  | "health"
  | "settle"
  | "retire"
  | "renew";
export type PhaseResult = "succeeded" | "failed" | "skipped" | "not-run";

export interface ErrorReport {
  /** `ROTATE_MINT_DENIED`. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly retryable: boolean;
  /** Anchor in docs/errors.md, as it is in the package of the command line. */
  readonly docs?: string;
}

export interface PhaseReport {
  readonly phase: PhaseName;
  readonly result: PhaseResult;
  readonly durationMs: number;
  readonly error?: ErrorReport;
  readonly detail?: string;
}

export interface SinkReport {
  readonly type: string;
  readonly target: string;
  readonly result: "written" | "unchanged" | "undone" | "failed" | "unknown" | "not-run";
}

export interface CredentialReport {
  readonly fingerprint: string;
  readonly issuedAt: string;
  /** Absent: it never expires by itself. */
  readonly expiresAt?: string;
}

export type Outcome =
  | "rotated"
  | "renewed"
  | "fresh"
  | "reused"
  | "failed"
  | "reload-owed"
  | "expired"
  | "locked"
  | "planned";

export interface RotationReport {
  readonly name: string;
  readonly outcome: Outcome;
  /** Why it was (not) rotated, or what failed: one line. */
  readonly reason: string;
  readonly credential?: CredentialReport;
  readonly nextAt?: string;
  readonly phases: readonly PhaseReport[];
  readonly sinks: readonly SinkReport[];
  readonly warnings?: readonly string[];
  /** Nothing was tried because the last failure is too fresh: that failure. */
  readonly lastError?: ErrorReport;
}

export interface RunReport {
  readonly version: 1;
  readonly rotations: readonly RotationReport[];
}

export type RotationStateName =
  | "fresh"
  | "due"
  | "rotating"
  | "reload-owed"
  | "failing"
  | "expired"
  | "orphaned"
  | "foreign"
  | "needs-login"
  | "never";

/** A lease that is not the settled one, and what is to become of it. */
export interface LeaseReport {
  readonly id: string;
  readonly state: "held" | "superseded" | "revoke-pending" | "expires only" | "unknown" | "foreign";
  readonly expiresAt?: string;
  /** Which sinks, or "consumers", may hold it. */
  readonly heldBy: readonly string[];
}

export interface RotationStatus {
  readonly name: string;
  readonly provider: string;
  readonly state: RotationStateName;
  /** mixed, drift, rolled back, … */
  readonly reason?: string;
  readonly credential?: CredentialReport;
  /** The earliest expiry of everything that may be held. */
  readonly expiresAt?: string;
  /** Past it, unrotated, is exit 3. */
  readonly deadline?: string;
  readonly nextAt?: string;
  readonly lastSuccess?: string;
  readonly lastError?: ErrorReport & { readonly at: string };
  /** Unfinished work: exit 4. publish: the sinks are mixed. */
  readonly owed?: "publish" | "reload";
  readonly leases: readonly LeaseReport[];
  readonly warnings: readonly string[];
}

export interface StatusReport {
  readonly version: 1;
  readonly rotations: readonly RotationStatus[];
}

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

export interface PlanRotation {
  readonly name: string;
  readonly provider: string;
  readonly due: boolean;
  readonly reason: string;
  readonly nextAt?: string;
  readonly sinks: readonly PlanSink[];
  readonly reloads: readonly { readonly type: string; readonly name?: string; readonly adopts: boolean }[];
  /** What becomes of the previous lease. */
  readonly revocation: string;
  readonly checks: readonly {
    readonly what: string;
    readonly result: "ok" | "failed" | "not-checked";
    readonly error?: ErrorReport;
  }[];
  readonly warnings: readonly string[];
}

export interface PlanReport {
  readonly version: 1;
  readonly rotations: readonly PlanRotation[];
}

/** One past attempt, for `rotate history`. */
export interface AttemptReport {
  readonly rotation: string;
  readonly id: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly why: string;
  readonly outcome: Outcome;
  readonly reason: string;
  readonly credential?: CredentialReport;
  readonly phases: readonly PhaseReport[];
}

export interface HistoryReport {
  readonly version: 1;
  readonly attempts: readonly AttemptReport[];
}
