import { allHold, type LeaseId, type RotationState } from "../store/state.ts";
import type { JournalRecord } from "../store/records.ts";
import { noteKilled } from "./failure.ts";
import { ruleOut } from "./late-writes.ts";
import { publishedLease } from "./moment.ts";
import { observeAll } from "./observe.ts";
import { sinkIds, type Session } from "./session.ts";

/**
 * Brings the journal and the world together before anything else: late writes are fenced off, every sink is observed, and what an attempt left
 * behind is closed, finished or declared mixed. Recovery revokes nothing.
 */
export async function recover(session: Session): Promise<ReadonlySet<string>> {
  const inDoubt = await fenceDoubtfulSinks(session);
  const unreadable = await observeAll(session, inDoubt);
  const { attempt } = session.state();
  const about = { sinks: sinkIds(session.rotation), until: ghostUntil(session), ghosts: canLeaveGhosts(session) };
  for (const record of recoveryOf(session.state(), about)) await session.journal(record);
  const { owed } = session.state();
  if (attempt && owed?.kind !== "reload") await noteKilled(session, attempt.phase === "intent" ? "unknown" : "unfit");
  return unreadable;
}

/** A write of a process that died, or whose answer was lost, may still be on its way. Gives the sinks where it may be. */
async function fenceDoubtfulSinks(session: Session): Promise<ReadonlySet<string>> {
  const inDoubt = new Set<string>();
  for (const sink of session.rotation.sinks) {
    if (!isDoubtful(session.state(), sink.id)) continue;
    const landing = unanswered(session.state(), sink.id);
    const late = await ruleOut(session, sink, landing);
    if (late !== "refused") await pinWhatLands(session, landing);
    if (late === "possible" && sink.part.lateWrites === undefined) inDoubt.add(sink.id);
  }
  return inDoubt;
}

/** It has two possible holdings, or was about to be given once more what it holds: an issuer had repeated the credential in use, and one write of it is as good as another until it is late. */
function isDoubtful({ attempt, settled, sinks }: RotationState, sink: string): boolean {
  const may = sinks[sink]?.may ?? [];
  return may.length > 1 || (attempt?.phase === "committing" && attempt.lease === settled && may.includes(settled));
}

/**
 * A process that is stopped, and not dead, may write once more when it wakes: `lateWrites` counts from when a request was sent. What it may write is never revoked: the
 * sink may hold it again after all that is known of it, until the next look.
 */
async function pinWhatLands(session: Session, landing: readonly LeaseId[]): Promise<void> {
  if (session.predecessor !== "unknown") return;
  const { leases } = session.state();
  const loose = landing.filter((lease) => leases[lease]?.phase === "live" && leases[lease].pinned !== true);
  if (loose.length > 0) await session.journal(...loose.map((lease) => ({ type: "pinned", lease }) as const));
}

/** What a process that died may have been writing to a sink. */
function unanswered({ attempt, sinks, leases }: RotationState, sink: string): readonly LeaseId[] {
  const may = (sinks[sink]?.may ?? []).filter((holding) => holding in leases);
  if (attempt?.phase === "committing") return may.filter((lease) => lease === attempt.lease);
  return attempt?.phase === "undoing" || attempt?.phase === "rolling-back" ? may : [];
}

/** Until when a lease whose mint's answer was lost may live: counted from when that was noticed, since a paused process may mint late. */
export function ghostUntil({ rotation, state, now }: Session): number {
  const given = publishedLease(state())?.given ?? undefined;
  return now() + (rotation.ttl ?? given ?? rotation.provider.part.maxLife ?? 12 * hour) + skewAllowance;
}
const hour = 3_600_000;
const skewAllowance = 60_000;

/** The records that recovery writes, after the sinks were observed. Pure: the table "After a crash" of docs/guide/how-a-rotation-works.md, row by row. */
export function recoveryOf(
  state: RotationState,
  { sinks, until, ghosts }: { readonly sinks: readonly string[]; readonly until: number; readonly ghosts: boolean },
): readonly JournalRecord[] {
  if (state.attempt) return recoverAttempt(state, sinks, ghosts ? until : undefined);
  if (state.owed) return recoverOwed(state, sinks);
  return recoverDrift(state, sinks);
}

function canLeaveGhosts({ rotation }: Session): boolean {
  return rotation.provider.part.ghosts !== false;
}

function recoverAttempt(
  state: RotationState,
  sinks: readonly string[],
  until: number | undefined,
): readonly JournalRecord[] {
  const { lease, phase } = state.attempt!;
  const seen = sinks.some((id) => state.sinks[id]?.may.includes(lease));
  if (phase === "intent") return [{ type: "mint-failed", lease, ...(until !== undefined && { unknownUntil: until }) }];
  if (sinks.length > 0 && allHold(state, sinks, lease)) return [published(state, lease)];
  const early = phase === "minted" || phase === "verified" || phase === "prepared";
  if (early && !seen) return [{ type: "doubt", lease }, { type: "closed" }];
  const previous = state.settled;
  const allPrevious = !seen && previous !== undefined && allHold(state, sinks, previous);
  if (allPrevious && phase === "rolling-back") return [published(state, previous, true)];
  if (allPrevious) return [{ type: "doubt", lease }, { type: "closed" }];
  return [{ type: "mixed", lease, why: "an attempt was cut off while the sinks were being written" }];
}

function recoverOwed(state: RotationState, sinks: readonly string[]): readonly JournalRecord[] {
  const { kind, lease } = state.owed!;
  if (kind === "reload" && allHold(state, sinks, lease)) return [];
  const healed = oneLease(state, sinks);
  if (healed !== undefined) return [published(state, healed)];
  return kind === "reload" ? [{ type: "mixed", lease, why: "the sinks were changed before the reload" }] : [];
}

function recoverDrift(state: RotationState, sinks: readonly string[]): readonly JournalRecord[] {
  const { settled } = state;
  if (settled === undefined || allHold(state, sinks, settled)) return [];
  const other = sinks
    .flatMap((id) => state.sinks[id]?.may ?? [])
    .find((holding) => holding !== settled && holding in state.leases);
  return other === undefined
    ? []
    : [{ type: "mixed", lease: other, why: "drift: a sink holds an earlier credential again" }];
}

/** The one live lease that all sinks hold, whichever it is. */
function oneLease(state: RotationState, sinks: readonly string[]): string | undefined {
  const candidates = new Set(sinks.flatMap((id) => state.sinks[id]?.may ?? []));
  const [only] = candidates;
  return candidates.size === 1 &&
    only !== undefined &&
    state.leases[only]?.phase === "live" &&
    allHold(state, sinks, only)
    ? only
    : undefined;
}

function published(state: RotationState, lease: string, rolledBack = false): JournalRecord {
  const written = Object.values(state.sinks)
    .filter((sink) => !sink.abandoned)
    .map(({ type, target, keys }) => ({ type, target, keys }));
  return {
    type: "published",
    lease,
    written,
    why: "found written by an earlier attempt",
    ...(rolledBack && { rolledBack }),
  };
}
