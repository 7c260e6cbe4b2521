import type { SinkEntry } from "../loading/model.ts";
import { backoff } from "../schedule/backoff.ts";
import { isGivenOut, liveLeases, pinnedLeases, type LeaseState } from "../store/state.ts";
import { innerError, isDefinite } from "./errors.ts";
import { acceptHandle } from "./handle.ts";
import { callProvider, timeLimits } from "./invoke.ts";
import { canRevokeWith, revokeLease } from "./revocation.ts";
import { endOn } from "./skew.ts";
import { journalSeen, look, type Looking } from "./observe.ts";
import { isReadable, type Session } from "./session.ts";

/** Revocations are owed work of their own: whatever may be revoked now is, ghosts are asked for, what has ended is forgotten. */
export async function retire(session: Session): Promise<void> {
  for (const { id } of liveLeases(session.state())) {
    const lease = session.state().leases[id];
    if (lease?.phase === "ghost") await settleGhost(session, lease);
    const current = session.state().leases[id];
    if (current?.phase === "live") await retireLease(session, current);
  }
  const left = liveLeases(session.state()).map(({ id }) => id);
  session.deps.memory.keepOnly(new Set(left), session.rotation.name);
}

async function retireLease(session: Session, lease: LeaseState): Promise<void> {
  const { state, now } = session;
  const held = pinnedLeases(state()).includes(lease.id);
  if (!held && lease.expiresAt !== null && lease.expiresAt + doubtAfterExpiry < now())
    return session.journal({ type: "gone", lease: lease.id, how: "expired" });
  if (!held && isForgettable(session, lease))
    return session.journal({ type: "gone", lease: lease.id, how: "forgotten" });
  if (revocableAt(session, lease) <= now()) await tryRevoke(session, lease);
}

/** Replaced for good, without an end of its own and beyond anybody's reach: to list it for ever would help nobody. */
function isForgettable(session: Session, lease: LeaseState): boolean {
  const { state, rotation } = session;
  if (lease.expiresAt !== null || !lease.exposed || isGivenOut(lease) || lease.id === state().settled) return false;
  if (rotation.provider.part.revoke !== undefined || state().owed !== undefined) return false;
  return state().settledAt > lease.lastDoubtAt && !canRevoke(session, lease);
}

/** Clocks differ: a lease counts as ended only so long after its end. ms */
const doubtAfterExpiry = 60_000;

/** Will a lease be revoked when nothing stands in the way any more? Else it is left to expire. */
export function isRevoked(at: Looking, lease: LeaseState): boolean {
  const { overlap, provider } = at.rotation;
  const { adopted, settledAt } = at.state();
  if (lease.phase !== "live" || isGivenOut(lease) || lease.foreign || provider.part.overlap === false) return false;
  if (lease.provider !== provider.name || !canRevoke(at, lease)) return false;
  if (!lease.exposed) return true;
  if (overlap.revoke === "never" || (overlap.revoke === "adopted" && !adopted)) return false;
  return overlap.deadline === undefined || (lease.revocation?.notBefore ?? 0) <= settledAt + overlap.deadline;
}

/**
 * From when on a lease may be revoked, ms; Infinity when it may not. Either it was never exposed and its minter dropped it, or a later lease is settled
 * since it was last in doubt, grace has passed, the consumers were shown to hold the later one, and nothing may hold this one.
 */
export function revocableAt(at: Looking, lease: LeaseState): number {
  if (!isRevoked(at, lease)) return Infinity;
  const current = at.state();
  const notBefore = lease.revocation?.notBefore ?? 0;
  if (!lease.exposed) return lease.dropped && current.attempt?.lease !== lease.id ? notBefore : Infinity;
  if (current.settled === undefined || current.settled === lease.id || current.settledAt <= lease.lastDoubtAt)
    return Infinity;
  if (pinnedLeases(current).includes(lease.id) || current.attempt !== undefined || current.owed !== undefined)
    return Infinity;
  return Math.max(current.settledAt + at.rotation.overlap.grace, notBefore);
}

/** From the handle at any time, or by value while this process has it. */
function canRevoke({ rotation, deps }: Looking, { id }: LeaseState): boolean {
  return canRevokeWith(rotation.provider, deps.memory.get(id));
}

/** More leases live upstream than `maxLive` allows for: that is told, and stops nothing. Those that a later one has replaced for good do not count. */
export function warnOfMany(session: Session): void {
  const { state, rotation } = session;
  const { settledAt } = state();
  const held = pinnedLeases(state());
  const isReplaced = ({ id, phase, issuedAt, lastDoubtAt }: LeaseState): boolean =>
    phase === "live" && !held.includes(id) && Math.max(issuedAt, lastDoubtAt) < settledAt;
  const counted = liveLeases(state()).filter((lease) => !isReplaced(lease) || revocableAt(session, lease) < Infinity);
  if (counted.length <= rotation.maxLive) return;
  session.warn(
    `${counted.length} leases of this rotation may live upstream (maxLive ${rotation.maxLive}): \`rotate status\` lists them`,
  );
}

const heldAgain = "a sink holds it, or nobody can tell";

/** Looks at the sinks before it says so, and once more just before the call, then revokes. True when the lease is gone. */
async function tryRevoke(session: Session, lease: LeaseState): Promise<boolean> {
  await session.guard();
  if (!(await nobodyHolds(session, lease))) return false;
  const { rotation, deps, now } = session;
  const { provider } = rotation;
  const fields = deps.memory.get(lease.id);
  if (!canRevokeWith(provider, fields)) return false;
  const tries = (lease.revocation?.tries ?? 0) + 1;
  const notBefore = now() + backoff(tries, { initial: 30_000, max: 3_600_000, random: deps.runtime.random });
  await session.journal({ type: "revoking", lease: lease.id, notBefore });
  await session.guard();
  if (!(await nobodyHolds(session, lease))) {
    await session.journal({ type: "revoke-failed", lease: lease.id, error: heldAgain, notBefore });
    return false;
  }
  try {
    await revokeLease({ deps, provider }, lease, fields);
  } catch (error) {
    const cause = innerError(error);
    const { message } = cause;
    const unknown = isDefinite(cause) ? {} : { unknown: true };
    await session.journal({ type: "revoke-failed", lease: lease.id, error: message, notBefore, ...unknown });
    session.warn(`lease ${lease.id} could not be revoked yet: ${message}`);
    return false;
  }
  await session.journal({ type: "gone", lease: lease.id, how: "revoked" });
  return true;
}

/** A sink that cannot be read, or holds what the journal cannot explain, stops the revocation of a lease that was once exposed. */
async function nobodyHolds(session: Session, lease: LeaseState): Promise<boolean> {
  if (session.rotation.sinks.some((sink) => isUnknown(session, sink))) return false;
  for (const sink of session.rotation.sinks.filter(isReadable)) {
    const seen = await look(session, sink);
    if ("unreadable" in seen) return false;
    if (lease.exposed || seen.holding === lease.id) await journalSeen(session, { [sink.id]: seen });
    if (seen.holding === lease.id) return false;
    if (seen.holding === "foreign" && foreignStops(session)) return false;
  }
  return true;
}

/** Nobody can read it, and this state has never written it: an issuer may have repeated what it holds since before. */
function isUnknown({ state }: Session, sink: SinkEntry): boolean {
  return !isReadable(sink) && (state().sinks[sink.id]?.may ?? []).length === 0;
}

function foreignStops({ state }: Session): boolean {
  const { settled, settledAt, foreignSince } = state();
  return settled === undefined || (foreignSince !== undefined && settledAt <= foreignSince);
}

/** The minter itself says that nobody needs the lease: never exposed, so it is revoked at once where the issuer can. */
export async function dropLease(session: Session, id: string): Promise<void> {
  const lease = session.state().leases[id];
  if (lease === undefined || lease.exposed) return session.journal({ type: "closed" });
  await session.journal({ type: "dropped", lease: id });
  const dropped = session.state().leases[id];
  if (dropped && revocableAt(session, dropped) <= session.now()) await tryRevoke(session, dropped);
}

/** A mint whose answer was lost: the issuer is asked by attempt id, else it counts as live until it must have ended. */
async function settleGhost(session: Session, ghost: LeaseState): Promise<void> {
  const { rotation, deps, state, now } = session;
  if (state().attempt?.lease === ghost.id) return;
  if (rotation.provider.part.find !== undefined && ghost.provider === rotation.provider.name)
    return findGhost(session, ghost);
  if (ghost.expiresAt !== null && ghost.expiresAt + doubtAfterExpiry < now())
    await session.journal({ type: "gone", lease: ghost.id, how: "expired" });
  else
    deps.runtime.log.debug("a lease is unknown until it must have ended", { rotation: rotation.name, lease: ghost.id });
}

async function findGhost(session: Session, ghost: LeaseState): Promise<void> {
  const { rotation, deps } = session;
  const { provider } = rotation;
  const asked = deps.clock.note();
  try {
    const terms = await callProvider({ deps, provider }, { timeout: timeLimits.check }, async (ctx) =>
      provider.part.find?.(ghost.id, ctx),
    );
    if (terms === undefined) return await session.journal({ type: "gone", lease: ghost.id, how: "never" });
    const end = endOn(terms.expires, asked);
    const expiresAt = Number.isFinite(end) ? end : null;
    const life = expiresAt === null ? null : expiresAt - ghost.issuedAt;
    const found = {
      issuedAt: ghost.issuedAt,
      asOf: asked.time,
      expiresAt,
      given: life,
      span: life,
      renewable: false,
      fingerprint: "",
      sinkFingerprints: {},
      ...acceptHandle(terms, deps.runtime),
    };
    await session.journal({ type: "found", lease: ghost.id, terms: found });
  } catch (error) {
    session.warn(`whether lease ${ghost.id} lives could not be asked: ${innerError(error).message}`);
  }
}
