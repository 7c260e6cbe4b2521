/** The journal's records. Each is written, with the change it makes to the state, in one transaction and before the act that it announces. */
import type {
  AttemptPhase,
  FailureState,
  Holding,
  LeaseId,
  LeaseState,
  SinkFingerprints,
  SinkState,
  WrittenSink,
} from "./state.ts";

export type SinkIdentity = Omit<SinkState, "may" | "abandoned">;

export type JournalRecord =
  /** A process took the lock. */
  | { readonly type: "opened" }
  /** Which sinks the rotation has now; what is not named becomes abandoned. */
  | { readonly type: "sinks"; readonly sinks: readonly SinkIdentity[] }
  | { readonly type: "observed"; readonly holdings: Readonly<Record<string, Holding>> }
  | { readonly type: "intent"; readonly lease: LeaseState; readonly why: string }
  /** The issuer said no (`unknown: false`) or its answer was lost. */
  | { readonly type: "mint-failed"; readonly lease: LeaseId; readonly unknownUntil?: number }
  | { readonly type: "minted"; readonly lease: LeaseId; readonly terms: LeaseTermsRecord }
  /** The issuer gave a lease that we know already. */
  | {
      readonly type: "merged";
      readonly lease: LeaseId;
      readonly into: LeaseId;
      readonly expiresAt: number | null;
      readonly sinkFingerprints: Readonly<Record<string, SinkFingerprints>>;
    }
  /** The lease's value stands in these sinks already. */
  | { readonly type: "recognised"; readonly lease: LeaseId; readonly sinks: readonly string[] }
  | {
      readonly type: "renewed";
      readonly lease: LeaseId;
      readonly expiresAt: number | null;
      readonly renewable: boolean;
      readonly skew: number;
      readonly handle?: unknown;
      readonly diesAt?: number;
    }
  | { readonly type: "phase"; readonly phase: AttemptPhase }
  | { readonly type: "dropped"; readonly lease: LeaseId }
  | { readonly type: "committing"; readonly sink: string; readonly lease: LeaseId }
  | { readonly type: "committed"; readonly sink: string; readonly lease: LeaseId }
  /** Before the first write landed: nobody can have it. */
  | { readonly type: "unexposed"; readonly lease: LeaseId }
  | { readonly type: "undoing"; readonly sink: string; readonly to: LeaseId }
  | { readonly type: "undone"; readonly sink: string; readonly to: LeaseId }
  | { readonly type: "doubt"; readonly lease: LeaseId }
  /** The attempt is over; owed work of an earlier one stays. */
  | { readonly type: "closed" }
  | { readonly type: "mixed"; readonly lease: LeaseId; readonly why: string }
  | {
      readonly type: "published";
      readonly lease: LeaseId;
      readonly written: readonly WrittenSink[];
      readonly rolledBack?: boolean;
      readonly why: string;
    }
  | { readonly type: "rolling-back"; readonly to: LeaseId }
  | { readonly type: "reload-begin"; readonly notBefore: number }
  | { readonly type: "reloaded" }
  | { readonly type: "settled"; readonly lease: LeaseId; readonly adopted: boolean; readonly specHash: string }
  | { readonly type: "failed"; readonly failure: FailureState }
  | { readonly type: "revoking"; readonly lease: LeaseId; readonly notBefore: number }
  | { readonly type: "revoke-failed"; readonly lease: LeaseId; readonly error: string; readonly notBefore: number }
  | { readonly type: "gone"; readonly lease: LeaseId; readonly how: NonNullable<LeaseState["gone"]> }
  | { readonly type: "found"; readonly lease: LeaseId; readonly terms: LeaseTermsRecord }
  | { readonly type: "pinned"; readonly lease: LeaseId }
  /** The state was copied from elsewhere: its leases are not ours to revoke. */
  | { readonly type: "disowned" }
  /** The issuer's clock shows that the highest time seen was wrong: the stamp of this record is the time from now on. */
  | { readonly type: "clock-corrected" };

export interface LeaseTermsRecord {
  readonly issuedAt: number;
  readonly expiresAt: number | null;
  readonly renewable: boolean;
  readonly fingerprint: string;
  readonly sinkFingerprints: Readonly<Record<string, SinkFingerprints>>;
  readonly handle?: unknown;
  readonly diesAt?: number;
  readonly refreshBy?: number;
  readonly skew?: number;
}

/** When a record is written. */
export interface Stamp {
  /** ms since 1970, never lower than any before it. */
  readonly at: number;
  /** ms since boot. */
  readonly uptime: number;
  readonly bootId: string;
}
