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

export type Outcome = "rotated" | "renewed" | "fresh" | "reused" | "failed" | "reload-owed" | "expired" | "locked";

export interface RotationReport {
  readonly name: string;
  /** Its name in the spec; empty when nobody knows. */
  readonly provider: string;
  readonly outcome: Outcome;
  /** Why it was (not) rotated, or what failed: one line. */
  readonly reason: string;
  /** How it stands now: the same that `rotate status` says. */
  readonly standing: StandingReport;
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
  /** What the state knows and the spec does not any more: told until it is forgotten. Empty when names were given. */
  readonly orphans: readonly RotationStatus[];
  /** What is wrong, each thing once. */
  readonly causes: readonly CauseReport[];
}

/** What one or several rotations are in trouble for: grouped by code and provider. */
export interface CauseReport {
  /** Of the error (`ROTATE_MINT_DENIED`); without one, of the standing (`changed`). */
  readonly code: string;
  /** Its name in the spec. */
  readonly provider: string;
  /** How the worst of them stands. */
  readonly state: StandingState;
  readonly exit: StandingExit;
  /** In which a call failed. */
  readonly phase?: PhaseName;
  /** In one line each, that of the worst first. */
  readonly messages: readonly string[];
  /** What to do, when the messages do not say it. */
  readonly hint?: string;
  readonly docs?: string;
  /** A call failed, and `rotate explain` knows the code. */
  readonly isError: boolean;
  /** Worst first. */
  readonly names: readonly string[];
  readonly states: { readonly [State in StandingState]?: number };
  /** When the first of them is tried again. */
  readonly nextAt?: string;
  /** When the first of those that have expired did. */
  readonly endedAt?: string;
  /** Until when all of the others work. */
  readonly firstEnd?: string;
}

export type StandingState =
  | "ejected"
  | "expired"
  | "expiring"
  | "failing"
  | "reload-owed"
  | "needs-login"
  | "never"
  | "drift"
  | "foreign"
  | "orphaned"
  | "at-risk"
  | "due"
  | "fresh";

/** Why: one word for programs. */
export type StandingCode =
  | "ejected"
  | "revoked"
  | "ended"
  | "margin"
  | "mixed"
  | "late"
  | "owed"
  | "login"
  | "never"
  | "failing"
  | "list"
  | "absent"
  | "changed"
  | "foreign"
  | "orphaned"
  | "clock"
  | "too-slow"
  | "rule"
  | "due"
  | "unproved"
  | "retire"
  | "fresh";

/** What it is told as while it lasts. */
export type AlarmName = "expired" | "expiring" | "failed" | "reload-owed" | "drift" | "orphaned" | "at-risk";

/** Like the exit codes of `run`. */
export type StandingExit = 0 | 1 | 3 | 4;

/** Why a new lease is wanted, or the one in use lengthened. */
export type Reason =
  | "forced"
  | "first"
  | "mixed"
  | "gone"
  | "foreign"
  | "clock"
  | "spec"
  | "absent"
  | "changed"
  | "time"
  | "cadence"
  | "shared";

/** A key that does not hold what was written to it. */
export interface DriftedKey {
  readonly sink: string;
  readonly target: string;
  /** Absent when only the sink as a whole is known to differ. */
  readonly key?: string;
  readonly kind: "absent" | "changed";
}

/** A standing in short: enough to see that it changed. */
export type StandingMark = Pick<StandingReport, "state" | "code" | "exit" | "alarm">;

/** How a rotation stands. Every view shows this and nothing else. */
export interface StandingReport {
  readonly state: StandingState;
  /** Why, in one word. */
  readonly code: StandingCode;
  /** Why, in one line; absent when all is well. */
  readonly reason?: string;
  /** Until when everything that may be held works; absent: it never ends by itself, or nobody can tell. */
  readonly expiresAt?: string;
  /** What it is told as. */
  readonly alarm?: AlarmName;
  /** What `run` and `status --check` exit with for it. */
  readonly exit: StandingExit;
  /** A process is at work on it. */
  readonly rotating?: { readonly since: string; readonly phase: string; readonly tries: number };
  /** Which keys of which sinks are not as written. */
  readonly drift?: readonly DriftedKey[];
}

/** A lease that is not the settled one, and what is to become of it. */
export interface LeaseReport {
  readonly id: string;
  readonly state: "held" | "superseded" | "revoke-pending" | "expires only" | "unknown" | "foreign";
  readonly expiresAt?: string;
  /** Which sinks, or "consumers", may hold it. */
  readonly heldBy: readonly string[];
}

export interface RotationStatus extends StandingReport {
  readonly name: string;
  readonly provider: string;
  readonly credential?: CredentialReport;
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
  /** What is wrong, each thing once. */
  readonly causes: readonly CauseReport[];
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

export interface PlanRotation {
  readonly name: string;
  readonly provider: string;
  readonly due: boolean;
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
}

export interface PlanReport {
  readonly version: 1;
  readonly rotations: readonly PlanRotation[];
  readonly orphans: readonly RotationStatus[];
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

/** What happened beside the attempts, for `rotate history`. */
export interface HistoryEvent {
  readonly rotation: string;
  /** RFC 3339. */
  readonly at: string;
  readonly type: "standing-changed" | "lease-revoked" | "revoke-failed" | "renew-failed" | "attempt-killed";
  /** One line. */
  readonly message: string;
  readonly lease?: string;
  readonly error?: ErrorReport;
  readonly before?: StandingMark;
  readonly after?: StandingMark;
}

export interface HistoryReport {
  readonly version: 1;
  /** Newest first, as `attempts`. */
  readonly events: readonly HistoryEvent[];
  readonly attempts: readonly AttemptReport[];
}
