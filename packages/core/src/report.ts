import type { RotatingReport } from "./rotating-report.ts";
import type { EndpointReport } from "./endpoint-report.ts";
import type { HostReport } from "./host-report.ts";
/** What a run says afterwards. These are the JSON contracts of `--json`: fields and values are only ever added. Instants are RFC 3339. */

/** A phase as reports and events name it. */
export type PhaseName =
  | "preflight"
  | "mint"
  | "verify"
  | "prepare"
  | "commit"
  | "undo"
  | "reload"
  | "health"
  | "settle"
  | "renew";

/** Where a call failed, as the codes of errors have it (`ROTATE_OBSERVE_DENIED`): in a phase, or beside all of them. */
export type CallPlace = PhaseName | "recover" | "observe" | "retire";

/** `skipped`: there was nothing for it to do. `not-run`: the attempt ended before it. */
export type PhaseResult = "succeeded" | "failed" | "skipped" | "not-run";

/** An error as it is shown. No secrets: whatever a plugin threw was masked. */
export interface ErrorReport {
  /** `ROTATE_MINT_DENIED`. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly retryable: boolean;
  /** Anchor in docs/errors.md, as it is in the package of the command line. */
  readonly docs?: string;
}

/** How one phase of an attempt went. */
export interface PhaseReport {
  readonly phase: PhaseName;
  readonly result: PhaseResult;
  readonly durationMs: number;
  readonly error?: ErrorReport;
  /** What it did, where the result alone says too little. */
  readonly detail?: string;
}

/** What became of one sink in a run. `unknown`: a write may or may not have arrived. `undone`: the values before are back. */
export interface SinkReport {
  readonly type: string;
  readonly target: string;
  readonly result: "written" | "unchanged" | "undone" | "failed" | "unknown" | "not-run";
}

/** The credential that is published, without a value of it. */
export interface CredentialReport {
  /** Keyed: the same value in another state has another one. */
  readonly fingerprint: string;
  readonly issuedAt: string;
  /** Absent: it never expires by itself. */
  readonly expiresAt?: string;
}

/** What a visit to a rotation came to. `fresh`: nothing was due. `reused`: the issuer gave the same value again. `locked`: another process has it. */
export type Outcome = "rotated" | "renewed" | "fresh" | "reused" | "failed" | "reload-owed" | "expired" | "locked";

/** What a run did with one rotation, and how it stands afterwards. */
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
  /** When the engine looks again. */
  readonly nextAt?: string;
  readonly phases: readonly PhaseReport[];
  readonly sinks: readonly SinkReport[];
  readonly warnings?: readonly string[];
  /** Nothing was tried because the last failure is too fresh: that failure. */
  readonly lastError?: ErrorReport;
}

/** `rotate run --json`. */
export interface RunReport {
  readonly version: 1;
  readonly rotations: readonly RotationReport[];
  /** What the state knows and the spec does not any more: told until it is forgotten. Empty when names were given. */
  readonly orphans: readonly RotationStatus[];
  /** What is wrong, each thing once. */
  readonly causes: readonly CauseReport[];
  /** Rotations of which nothing was done and nothing is known: their database does not answer. */
  readonly untold?: readonly string[];
  /** Who could not be told of it, and what else could not be written beside. */
  readonly troubles?: readonly TroubleReport[];
}

/** What one or several rotations are in trouble for: grouped by code and provider. */
export interface CauseReport {
  /** The same as long as the cause lasts: `ROTATE_MINT_DENIED/aws`. */
  readonly id: string;
  /** Of the error (`ROTATE_MINT_DENIED`); without one, of the standing (`changed`). */
  readonly code: string;
  /** Its name in the spec. */
  readonly provider: string;
  /** How the worst of them stands. */
  readonly state: StandingState;
  readonly exit: StandingExit;
  /** In which a call failed. */
  readonly phase?: CallPlace;
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
  /** Since when the first of them fails, where a try did. */
  readonly since?: string;
  /** When the first of them is tried again. */
  readonly nextAt?: string;
  /** When the first of those that have expired did. */
  readonly endedAt?: string;
  /** Until when all of the others work. */
  readonly firstEnd?: string;
}

/** How a rotation stands, in one word. The guide ("How it stands") says what each means. */
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
  | "unserved"
  | "moved"
  | "gone"
  | "absent"
  | "changed"
  | "foreign"
  | "orphaned"
  | "left"
  | "clock"
  | "too-slow"
  | "rule"
  | "due"
  | "unproved"
  | "retire"
  | "fresh";

/** What it is told as while it lasts. */
export type AlarmName =
  | "expired"
  | "expiring"
  | "failed"
  | "reload-owed"
  | "cannot-serve"
  | "drift"
  | "orphaned"
  | "at-risk";

/** Like the exit codes of `run`. */
export type StandingExit = 0 | 1 | 3 | 4;

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
  readonly rotating?: RotatingReport;
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

/** All that is known of one rotation, without doing anything. */
export interface RotationStatus extends StandingReport {
  readonly name: string;
  readonly provider: string;
  /** The provider's type. Absent of what is not in the spec. */
  readonly kind?: string;
  /** The rotation of the spec whose `foreach` made it. */
  readonly group?: string;
  /** The other machine that rotates it, and told of it: its name has the machine behind an `@` where each machine has one of its own. */
  readonly host?: string;
  /** The `id` of its cause among `causes`. */
  readonly cause?: string;
  readonly credential?: CredentialReport;
  /** What ends first of all that may be in use. */
  readonly held?: {
    readonly issuedAt: string;
    readonly expiresAt?: string;
    /** Not what was written last. */
    readonly previous?: true;
  };
  /** When its time comes, whatever keeps it from being rotated. */
  readonly refreshAt?: string;
  /** Past it, unrotated, is exit 3. */
  readonly deadline?: string;
  readonly nextAt?: string;
  readonly lastSuccess?: string;
  readonly lastError?: ErrorReport & { readonly at: string };
  /** Tries that failed in a row, and since when. */
  readonly failures?: number;
  readonly failingSince?: string;
  /** Unfinished work: exit 4. publish: the sinks are mixed. */
  readonly owed?: "publish" | "reload";
  readonly leases: readonly LeaseReport[];
  readonly warnings: readonly string[];
}

/** All of them in numbers. */
export interface StatusSummary {
  readonly total: number;
  /** The state of the one that comes first. Absent without rotations. */
  readonly worst?: StandingState;
  readonly states: { readonly [State in StandingState]?: number };
  /** How many are being rotated now. */
  readonly rotating: number;
}
/** `rotate status --json`. */
export interface StatusReport {
  readonly version: 1;
  /** When it was asked. */
  readonly at: string;
  readonly summary: StatusSummary;
  readonly rotations: readonly RotationStatus[];
  /** What is wrong, each thing once. */
  readonly causes: readonly CauseReport[];
  /** Rotations of which nothing is known: their database does not answer. */
  readonly untold?: readonly string[];
  /** With a state that machines share: those that were heard of. */
  readonly hosts?: readonly HostReport[];
  /** Where consumers ask. Only a running watch can tell. */
  readonly serve?: readonly EndpointReport[];
  /** What keeps a running watch, or one of its services, from its work. */
  readonly troubles?: readonly TroubleReport[];
}

/** What keeps rotate itself from its work, not a rotation. */
export interface TroubleReport {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}
