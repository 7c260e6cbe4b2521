import type { FieldValues, Fields, Prepared, Values } from "@rotate/plugin-kit";
import type { CredentialCache } from "../credential/cache.ts";
import type { OnEvent } from "../events.ts";
import type { Outcome, PhaseReport, SinkReport } from "../report.ts";
import type { Runtime } from "../runtime/types.ts";
import { rotationClock } from "../schedule/clock.ts";
import type { NextCron } from "../schedule/cron.ts";
import type { Rotation, SinkEntry } from "../loading/model.ts";
import type { TemplateScope } from "../loading/template.ts";
import { fenced } from "../store/memory-store.ts";
import type { Fingerprint } from "../store/fingerprint.ts";
import type { Host } from "../store/host.ts";
import type { JournalRecord } from "../store/records.ts";
import type { LeaseId, RotationState } from "../store/state.ts";
import type { Lock, Store } from "../store/store.ts";
import type { Failure } from "./errors.ts";
import type { Helpers } from "./helpers.ts";
import type { Logins } from "./login.ts";
import type { ReloadGate } from "./reload-gate.ts";
import { createReloadGroups, type GroupHold, type ReloadGroups } from "./reload-groups.ts";

/** What all rotations of an engine share. */
export interface RotationDeps {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly host: Pick<Host, "bootId" | "uptime">;
  readonly fingerprint: Fingerprint;
  readonly nextCron: NextCron;
  readonly logins: Logins;
  readonly gate: ReloadGate;
  /** Absent: commands are not noted. */
  readonly helpers?: Helpers;
  /** Absent: no two rotations share a group. */
  readonly groups?: ReloadGroups;
  readonly memory: CredentialMemory;
  /** Absent: nothing is kept beyond memory. */
  readonly cache?: CredentialCache;
  readonly onEvent: OnEvent;
}

/** The values that this process minted, for as long as it lives: for issuers that revoke only what is shown to them. */
export interface CredentialMemory {
  readonly get: (lease: LeaseId) => FieldValues<Fields> | undefined;
  readonly keep: (lease: LeaseId, fields: FieldValues<Fields>) => void;
  readonly drop: (lease: LeaseId) => void;
}

/** One process at work on one rotation, under its lock. */
export interface Session {
  readonly rotation: Rotation;
  readonly deps: RotationDeps;
  /** Aborts when the process is asked to stop: no new phase begins, what has begun is finished or undone. */
  readonly signal: AbortSignal;
  readonly state: () => RotationState;
  /** Rotation time, ms: see schedule/clock.ts. */
  readonly now: () => number;
  /** Writes a record before the act that it announces. Throws when another process took over. */
  readonly journal: (record: JournalRecord) => Promise<void>;
  /** Throws when the lock is not ours any more: called before each act outside. */
  readonly guard: () => Promise<void>;
  /** Its place in a reload group, from a reload until the attempt is over. */
  readonly group: GroupHold;
  readonly warn: (message: string) => void;
  readonly warnings: () => readonly string[];
}

/** What one attempt knows so far. Each phase returns the next one. */
export interface Attempt {
  readonly why: string;
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

export interface MintedCredential {
  readonly fields: FieldValues<Fields>;
  /** Rendered, by sink id. */
  readonly values: ReadonlyMap<string, Values>;
  /** For `verify`. */
  readonly scope: TemplateScope;
}

export interface SinkWrite {
  readonly sink: SinkEntry;
  readonly values: Values;
  readonly prepared: Prepared;
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

/** Opens a session under a held lock: takes the next epoch and notes which sinks the rotation has. */
export async function openSession(options: {
  readonly rotation: Rotation;
  readonly deps: RotationDeps;
  readonly lock: Lock;
  readonly signal: AbortSignal;
}): Promise<Session> {
  const { rotation, deps, lock, signal } = options;
  const { store, host, runtime } = deps;
  let state = await store.load(rotation.name);
  const sources = { now: runtime.now, uptime: host.uptime, bootId: host.bootId };
  let now = rotationClock(sources, state.clock);
  const warnings: string[] = [];

  async function append(record: JournalRecord, epoch: number): Promise<void> {
    if (!lock.valid()) throw fenced(rotation.name);
    const at = record.type === "clock-corrected" ? runtime.now() : now();
    state = await store.append(rotation.name, {
      record,
      epoch,
      stamp: { at, uptime: host.uptime(), bootId: host.bootId },
    });
    if (record.type === "clock-corrected") now = rotationClock(sources, state.clock);
  }

  await append({ type: "opened" }, state.epoch);
  const { epoch } = state;
  return {
    rotation,
    deps,
    signal,
    group: (deps.groups ?? createReloadGroups()).hold(),
    state: () => state,
    now: () => now(),
    journal: (record) => append(record, epoch),
    async guard() {
      const current = await store.load(rotation.name);
      if (!lock.valid() || current.epoch !== epoch) throw fenced(rotation.name);
    },
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

export function sinkIds(rotation: Rotation): readonly string[] {
  return rotation.sinks.map((sink) => sink.id);
}
