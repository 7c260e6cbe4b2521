/** The journal's records. Each is written, with the change it makes to the state, in one transaction and before the act that it announces. */
import type {
  AttemptPhase,
  FailureState,
  Holding,
  KeptError,
  LeaseId,
  LeaseState,
  RotationState,
  SinkDrift,
  SinkFingerprints,
  SinkState,
  WrittenSink,
} from "./state.ts";
import type { ClockNote } from "../schedule/clock.ts";

/** What tells a sink from others across edits of the spec, and whether it can be read. */
export type SinkIdentity = Omit<SinkState, "may" | "abandoned" | "drift" | "late" | "made">;

/** What one record says, told apart by `type`. What each makes of a state: reduce.ts. */
export type JournalRecord =
  /** A process took the lock. */
  | { readonly type: "opened" }
  /** Which sinks the rotation has now; what is not named becomes abandoned. */
  | { readonly type: "sinks"; readonly sinks: readonly SinkIdentity[] }
  | {
      readonly type: "observed";
      readonly holdings: Readonly<Record<string, Holding>>;
      readonly drift?: Readonly<Record<string, SinkDrift>>;
    }
  /** `early`: a lease with time left is to be replaced, and not by its schedule. `traceless`: the issuer keeps nothing of what it gives out. */
  | {
      readonly type: "intent";
      readonly lease: LeaseState;
      readonly why: string;
      readonly early?: boolean;
      readonly traceless?: boolean;
    }
  /** The issuer said no (`unknown: false`) or its answer was lost. */
  | { readonly type: "mint-failed"; readonly lease: LeaseId; readonly unknownUntil?: number }
  | { readonly type: "minted"; readonly lease: LeaseId; readonly terms: LeaseTermsRecord }
  /** The issuer gave a lease that we know already. */
  | {
      readonly type: "merged";
      readonly lease: LeaseId;
      readonly into: LeaseId;
      /** When it was seen. */
      readonly asOf: number;
      readonly expiresAt: number | null;
      readonly diesAt?: number;
      readonly period?: number;
      readonly sinkFingerprints: Readonly<Record<string, SinkFingerprints>>;
    }
  /** The lease's value stands in these sinks already. */
  | { readonly type: "recognised"; readonly lease: LeaseId; readonly sinks: readonly string[] }
  | {
      readonly type: "renewed";
      readonly lease: LeaseId;
      readonly asOf: number;
      readonly expiresAt: number | null;
      readonly span: number | null;
      readonly renewable: boolean;
      /** It gave too little: a new lease is minted. */
      readonly spent?: boolean;
      readonly told?: number;
      readonly handle?: unknown;
      readonly diesAt?: number;
    }
  | { readonly type: "phase"; readonly phase: AttemptPhase }
  | { readonly type: "dropped"; readonly lease: LeaseId }
  | { readonly type: "committing"; readonly sink: string; readonly lease: LeaseId }
  /** `made`: what its part told of what it made, for later processes. */
  | { readonly type: "committed"; readonly sink: string; readonly lease: LeaseId; readonly made?: string }
  /** The answer to a write of these was lost, and the target cannot refuse it when it comes: it may land until then. */
  | { readonly type: "late"; readonly sink: string; readonly leases: readonly LeaseId[]; readonly until: number }
  /** Their writes were announced, and are not begun after all: they hold what they held before. */
  | { readonly type: "spared"; readonly sinks: Readonly<Record<string, readonly Holding[]>> }
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
  /** Others of its group have their turn before it. Undefined: it has its own. */
  | { readonly type: "waits"; readonly whom?: string }
  | { readonly type: "reloaded" }
  | { readonly type: "settled"; readonly lease: LeaseId; readonly adopted: boolean; readonly specHash: string }
  | { readonly type: "reload-failed"; readonly error: KeptError }
  /** `waste`: what was minted came to nothing, or nobody knows. */
  | { readonly type: "failed"; readonly failure: FailureState; readonly waste?: boolean }
  | { readonly type: "ejected" }
  /** It may be rotated again. */
  | { readonly type: "readmitted" }
  | { readonly type: "revoking"; readonly lease: LeaseId; readonly notBefore: number }
  /** `unknown`: the answer was lost, and may have been a yes. */
  | {
      readonly type: "revoke-failed";
      readonly lease: LeaseId;
      readonly error: string;
      readonly notBefore: number;
      readonly unknown?: boolean;
    }
  | { readonly type: "gone"; readonly lease: LeaseId; readonly how: NonNullable<LeaseState["gone"]> }
  | { readonly type: "found"; readonly lease: LeaseId; readonly terms: LeaseTermsRecord }
  | { readonly type: "pinned"; readonly lease: LeaseId }
  /** A command was given it, and whoever started that says when it is gone: then it is `returned`. `to` is a word of that command's own. */
  | { readonly type: "lent"; readonly lease: LeaseId; readonly to: string }
  | { readonly type: "returned"; readonly lease: LeaseId; readonly to: string }
  /** The command that has what was lent to it could not be replaced by one with newer values: until that is returned, or has ended. */
  | { readonly type: "kept"; readonly lease: LeaseId; readonly error: KeptError }
  /** Sessions through an endpoint may use it from now on, until it is `released`. */
  | { readonly type: "served"; readonly lease: LeaseId }
  | { readonly type: "released"; readonly lease: LeaseId }
  | { readonly type: "proved"; readonly lease: LeaseId; readonly found: Proof }
  /** The state was copied from elsewhere: its leases are not ours to revoke. */
  | { readonly type: "disowned" }
  /** It is to come here from another backend. `move`: a word of that move's own. */
  | { readonly type: "arriving"; readonly move: string; readonly from: string }
  /** It goes to another backend: from now on nobody works on it here. */
  | { readonly type: "leaving"; readonly move: string; readonly to: string }
  /** It did not go after all. */
  | { readonly type: "stayed" }
  /** It came, with all that was known of it. */
  | { readonly type: "arrived"; readonly move: string; readonly state: RotationState }
  /** The other backend has it. */
  | { readonly type: "left"; readonly move: string; readonly to: string };

/** What a look at a lease found: `provedAt` when it works, `dead` when it does not, else when it is asked again. */
export type Proof = Pick<LeaseState, "provedAt" | "dead" | "askAgainAt">;

/** What a mint told of its lease. Each term means what it does in `LeaseState`. */
export type LeaseTermsRecord = Pick<
  LeaseState,
  | "issuedAt"
  | "asOf"
  | "expiresAt"
  | "given"
  | "span"
  | "period"
  | "renewable"
  | "fingerprint"
  | "sinkFingerprints"
  | "handle"
  | "diesAt"
  | "refreshBy"
  | "told"
>;

/** When a record is written: its rotation time, and what was known of time then. */
export type Stamp = ClockNote;
