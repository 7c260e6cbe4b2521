/** What is told of the past, and of one rotation with it. Plain JSON, without secrets; instants are RFC 3339. */
import type { PlanAction } from "./plan-report.ts";
import type {
  CauseReport,
  CredentialReport,
  ErrorReport,
  Outcome,
  PhaseReport,
  RotationStatus,
  StandingMark,
} from "./report.ts";

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

/** `rotate history --json`. */
export interface HistoryReport {
  readonly version: 1;
  /** Newest first, as `attempts`. */
  readonly events: readonly HistoryEvent[];
  readonly attempts: readonly AttemptReport[];
}

/** One rotation with all that is known of it. */
export interface DetailReport {
  readonly version: 1;
  readonly at: string;
  readonly rotation: RotationStatus & {
    /** What is asked of the provider, without secrets. Absent of what is not in the spec, as all below. */
    readonly request?: Readonly<Record<string, string>>;
    readonly sinks?: readonly {
      readonly type: string;
      readonly target: string;
      readonly keys: readonly string[];
      /** By the last look. pending: nothing was written yet; unknown: it cannot be read. */
      readonly result: "written" | "pending" | "changed" | "absent" | "unknown";
    }[];
    readonly reloads?: readonly (PlanAction & { readonly owed: boolean })[];
    readonly verify?: readonly PlanAction[];
    readonly health?: readonly PlanAction[];
  };
  readonly causes: readonly CauseReport[];
  /** Newest first. */
  readonly attempts: readonly AttemptReport[];
  readonly events: readonly HistoryEvent[];
}
