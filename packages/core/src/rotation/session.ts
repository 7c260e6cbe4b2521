import type { FieldValues, Fields, LoggedIn, Prepared, Values } from "@rotate/plugin-kit";
import type { Runtime, TemplateScope } from "@rotate/runtime";
import type { Backend } from "../backend/backend.ts";
import type { Claim, Settlement } from "../backend/claim.ts";
import type { OnEvent } from "../events.ts";
import type { Outcome, PhaseReport, SinkReport } from "../report.ts";
import type { Reason } from "../why.ts";
import type { NextCron } from "../schedule/cron.ts";
import type { HeldBack, Rotation, SinkEntry } from "../loading/model.ts";
import type { SourceMark } from "../loading/source-mark.ts";
import type { JournalRecord } from "../store/records.ts";
import type { Holding, LeaseId } from "../store/state.ts";
import type { Entries } from "./entries.ts";
import type { Failure } from "./errors.ts";
import type { Logins } from "./login.ts";
import type { Offers } from "./offers.ts";
import type { ReloadGate } from "./reload-gate.ts";
import { journalOf } from "./journal.ts";
import { createReloadGroups, type GroupHold, type ReloadGroups } from "./reload-groups.ts";

/** What all rotations of an engine share. */
export interface RotationDeps extends Pick<
  Backend,
  "store" | "claims" | "fingerprint" | "clock" | "host" | "halves" | "peers"
> {
  readonly runtime: Runtime;
  /** Absent: rotations of one provider know nothing of each other. */
  readonly entries?: Entries;
  /** Of sinks that were read and held what the state says: the stamp that they had. Absent: they are read at each look. */
  readonly stamps?: WeakMap<SinkEntry, SeenStamp>;
  /** One object for all that is done in one tick. Absent: nothing that is seen is shared. */
  readonly tick?: object;
  /** Of which claim, by its epoch, a rotation's left-overs were last looked for by this process. Absent: it never knows. */
  readonly swept?: WeakMap<Rotation, number>;
  /** Absent: nobody looks whether what it logs in with has changed. */
  readonly sourceMark?: SourceMark;
  readonly nextCron: NextCron;
  /** Rotations that are left alone. Absent: none is. */
  readonly heldBack?: (rotation: Rotation) => HeldBack | undefined;
  /** Why no machine of the fleet takes a rotation; undefined: one does. Absent: there is no fleet, or nobody has looked. */
  readonly unserved?: (rotation: Rotation) => string | undefined;
  readonly logins: Logins;
  /** Throws RotateError INVALID when the rotation would write what it stands on. Undefined: that is known from the spec. */
  readonly ownRoots?: (rotation: Rotation, runtime: Runtime) => (() => Promise<void>) | undefined;
  readonly gate: ReloadGate;
  /** Absent: no two rotations share a group. */
  readonly groups?: ReloadGroups;
  readonly memory: CredentialMemory;
  /** What endpoints of this process give. Absent: there are none. */
  readonly offers?: Offers;
  readonly onEvent: OnEvent;
}

/** A sink that had this stamp held this. */
export interface SeenStamp {
  readonly stamp: string;
  readonly holding: Holding;
}

/** The values that this process minted, for as long as their lease is in the state and not gone: for issuers that revoke only what is shown to them. */
export interface CredentialMemory {
  readonly get: (lease: LeaseId) => FieldValues<Fields> | undefined;
  readonly keep: (lease: LeaseId, fields: FieldValues<Fields>, rotation: string) => void;
  /** Forgets of this rotation what is not of these leases, whoever saw those others end. */
  readonly keepOnly: (leases: ReadonlySet<LeaseId>, rotation: string) => void;
}

/** One process at work on one rotation, under its claim. */
export interface Session extends Pick<Claim, "state" | "now" | "guard" | "predecessor"> {
  readonly rotation: Rotation;
  readonly deps: RotationDeps;
  /** Aborts when the process is asked to stop: no new phase begins, what has begun is finished or undone. */
  readonly signal: AbortSignal;
  /** Writes records, all or none, before the acts that they announce. Throws when another process took over. */
  readonly journal: (...records: readonly JournalRecord[]) => Promise<void>;
  /** What was prepared and not begun to be written. */
  readonly staged: Set<SinkWrite>;
  /** All that was prepared: released when the attempt is over. */
  readonly prepared: Set<Prepared<LoggedIn>>;
  /** Its place in a reload group, from a reload until the attempt is over. */
  readonly group: GroupHold;
  /** What is kept when the claim is given back. */
  readonly leave: (left: Settlement) => void;
  readonly warn: (message: string) => void;
  readonly warnings: () => readonly string[];
}

/** What one attempt knows so far. Each phase returns the next one. */
export interface Attempt {
  readonly why: string;
  /** Undefined for work that was owed. */
  readonly reason: Reason | undefined;
  /** Is it only an owed reload that is finished? */
  readonly owedOnly: boolean;
  /** The one lease that all sinks held when the attempt began. */
  readonly previous: LeaseId | undefined;
  /** Was the consumer well before we touched anything? Undefined without health probes. */
  readonly healthyBefore?: boolean;
  readonly lease?: LeaseId;
  readonly minted?: MintedCredential;
  readonly writes?: readonly SinkWrite[];
  readonly sinks: readonly SinkReport[];
}

/** The new credential while its attempt lasts: the only place of its values. */
export interface MintedCredential {
  readonly fields: FieldValues<Fields>;
  /** Rendered, by sink id. */
  readonly values: ReadonlyMap<string, Values>;
  /** For `verify`. */
  readonly scope: TemplateScope;
}

/** A sink with a write that is ready for it. */
export interface SinkWrite {
  readonly sink: SinkEntry;
  readonly values: Values;
  readonly prepared: Prepared<LoggedIn>;
  /** For secret options of the sink that are templates. */
  readonly scope: TemplateScope;
}

/** The end of an attempt. */
export interface Ended {
  readonly ended: true;
  readonly outcome: Outcome;
  readonly reason: string;
  readonly failure?: Failure;
  /** The previous values stand in the sinks again; their reload and health are owed. */
  readonly rolledBack?: boolean;
  readonly attempt: Attempt;
  readonly phases: readonly PhaseReport[];
}

/** The work of a claim's holder on its rotation. */
export function openSession(options: {
  readonly rotation: Rotation;
  readonly deps: RotationDeps;
  readonly claim: Claim;
  readonly leave: Session["leave"];
  readonly signal: AbortSignal;
}): Session {
  const { rotation, deps, claim, leave, signal } = options;
  const { state, now, guard, predecessor } = claim;
  const warnings: string[] = [];
  return {
    rotation,
    deps,
    signal,
    state,
    now,
    guard,
    predecessor,
    leave,
    staged: new Set(),
    prepared: new Set(),
    group: (deps.groups ?? createReloadGroups()).hold(),
    journal: journalOf(claim, deps),
    warn: (message) => void (warnings.includes(message) || warnings.push(message)),
    warnings: () => warnings,
  };
}

/** The ids of the rotation's sinks, in the order in which they are written: what cannot be read or undone comes last. */
export function commitOrder(rotation: Rotation): readonly SinkEntry[] {
  return [...rotation.sinks.filter(isReadable), ...rotation.sinks.filter((sink) => !isReadable(sink))];
}

/** Can it tell what it holds? */
export function isReadable({ part }: SinkEntry): boolean {
  return part.read !== undefined;
}

/** In the order of the spec. */
export function sinkIds(rotation: Rotation): readonly string[] {
  return rotation.sinks.map((sink) => sink.id);
}
