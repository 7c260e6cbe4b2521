import { RotateError, type Minted } from "@rotate/plugin-kit";
import type { LeaseState } from "../../store/state.ts";
import { liveLeases } from "../../store/state.ts";
import { acceptMinted, credentialFingerprint, type Accepted } from "../accept.ts";
import { innerError, isDefinite } from "../errors.ts";
import { callProvider, timeLimits } from "../invoke.ts";
import { newLeaseId } from "../lease-id.ts";
import { loginEnd } from "../login.ts";
import { fingerprintsOf, look } from "../observe.ts";
import { end, type Phase } from "../phase.ts";
import { ghostUntil } from "../recover.ts";
import { renderValues, scopeOf } from "../render.ts";
import type { Attempt, MintedCredential, Session } from "../session.ts";

/** Asks the issuer for a new lease: journaled before, believed only after every check. */
export const mintPhase: Phase = {
  name: "mint",
  stoppable: true,
  async run(session, attempt) {
    refuseBeyondBudget(session);
    const lease = await intend(session, attempt.why);
    const { minted, requestedAt } = await mint(session, lease);
    const accepted = await accept(session, lease, { minted, requestedAt });
    return record(session, { ...attempt, lease: lease.id }, accepted);
  },
  failed: async (_session, _attempt, failure) => end("failed", failure.report.message),
};

/** The last guard: a crash loop never mints again and again. Counts what was asked for, whatever came of it. */
function refuseBeyondBudget({ rotation, state, now }: Session): void {
  const { budget, maxLive } = rotation;
  const mints = state().mints;
  for (const [limit, span, word] of [
    [budget.perMinute, 60_000, "minute"],
    [budget.perHour, 3_600_000, "hour"],
  ] as const) {
    const within = mints.filter((at) => at > now() - span);
    if (within.length < limit) continue;
    throw new RotateError(`the mint budget of ${limit} per ${word} is used up`, {
      code: "RATE_LIMITED",
      retryable: true,
      retryAfter: Math.max(0, (within.at(-limit) ?? now()) + span - now()),
      hint: "look at `rotate history` for what keeps failing after the mint; `budget:` raises the limit",
    });
  }
  if (liveLeases(state()).length < maxLive) return;
  throw new RotateError(`${maxLive} leases of this rotation live upstream already`, {
    code: "RATE_LIMITED",
    retryable: true,
    hint: "`rotate status` lists them; attempts go on when one has ended or been revoked",
  });
}

async function intend(session: Session, why: string): Promise<LeaseState> {
  const { rotation, deps } = session;
  const lease: LeaseState = {
    id: newLeaseId(),
    phase: "ghost",
    exposed: false,
    dropped: false,
    lastDoubtAt: 0,
    issuedAt: session.now(),
    expiresAt: ghostUntil(session),
    renewable: false,
    fingerprint: "",
    sinkFingerprints: {},
    jitter: deps.runtime.random(),
    provider: rotation.provider.name,
    revocable: rotation.provider.part.revoke !== undefined && rotation.provider.part.overlap !== false,
  };
  await session.journal({ type: "intent", lease, why });
  await session.guard();
  return lease;
}

async function mint(session: Session, lease: LeaseState): Promise<{ minted: Minted; requestedAt: number }> {
  const { rotation, deps } = session;
  const { provider } = rotation;
  let requestedAt = deps.runtime.now();
  try {
    const minted = await callProvider({ deps, provider }, { timeout: timeLimits.mint }, (ctx) => {
      requestedAt = deps.runtime.now();
      return provider.part.mint(rotation.request, { ...ctx, leaseId: lease.id });
    });
    return { minted, requestedAt };
  } catch (error) {
    const definite = isDefinite(innerError(error));
    await session.journal({
      type: "mint-failed",
      lease: lease.id,
      ...(!definite && { unknownUntil: ghostUntil(session) }),
    });
    throw error;
  }
}

/** An absurd answer is an error: nothing is written, and its lease is revoked where the handle allows it, else listed. */
async function accept(
  session: Session,
  lease: LeaseState,
  answer: { minted: Minted; requestedAt: number },
): Promise<Accepted> {
  const { rotation, deps } = session;
  try {
    return acceptMinted(answer.minted, {
      rotation,
      requestedAt: answer.requestedAt,
      now: deps.runtime.now(),
      diesAt: loginEnd(deps.logins, rotation.provider),
    });
  } catch (error) {
    const revoked = await revokeRefused(session, lease, answer.minted);
    await session.journal({
      type: "mint-failed",
      lease: lease.id,
      ...(!revoked && { unknownUntil: ghostUntil(session) }),
    });
    throw error;
  }
}

async function revokeRefused({ rotation, deps, warn }: Session, lease: LeaseState, minted: Minted): Promise<boolean> {
  const { revoke } = rotation.provider.part;
  if (!revoke || minted.handle === undefined) return false;
  const known = {
    id: lease.id,
    issuedAt: new Date(lease.issuedAt),
    expiresAt: "never" as const,
    handle: minted.handle,
  };
  try {
    await callProvider({ deps, provider: rotation.provider }, { timeout: timeLimits.revoke }, (ctx) =>
      revoke.call(rotation.provider.part, known, ctx),
    );
    return true;
  } catch (error) {
    warn(`the lease that was refused could not be revoked: ${innerError(error).message}`);
    return false;
  }
}

async function record(session: Session, attempt: Attempt & { lease: string }, accepted: Accepted): Promise<Attempt> {
  const { deps, rotation } = session;
  const fingerprint = credentialFingerprint(accepted.fields, deps.fingerprint);
  const same = Object.values(session.state().leases).find(
    (lease) => lease.phase === "live" && lease.fingerprint === fingerprint,
  );
  if (same) return recordSame(session, attempt, { accepted, same });
  const scope = scopeOf(accepted);
  const values = renderValues(rotation.sinks, scope, deps.runtime.masker);
  const sinkFingerprints = Object.fromEntries(
    [...values].map(([id, rendered]) => [id, fingerprintsOf(rendered, deps.fingerprint)]),
  );
  const { issuedAt, expiresAt, renewable, handle, diesAt } = accepted;
  deps.memory.keep(attempt.lease, accepted.fields);
  try {
    const terms = {
      issuedAt,
      expiresAt,
      renewable,
      fingerprint,
      sinkFingerprints,
      ...(handle !== undefined && { handle }),
      ...(diesAt !== undefined && { diesAt }),
    };
    await session.journal({ type: "minted", lease: attempt.lease, terms });
  } catch (error) {
    await revokeUnrecorded(session, accepted);
    throw error;
  }
  await correctClock(session);
  await recogniseInSinks(session, attempt.lease);
  return { ...attempt, minted: { fields: accepted.fields, values, scope } };
}

/** The issuer answered with a credential that we know (a cache): it is the same lease, and keeps the values by which the sinks know it. */
async function recordSame(
  session: Session,
  attempt: Attempt & { lease: string },
  { accepted, same }: { accepted: Accepted; same: LeaseState },
): Promise<Attempt> {
  await session.journal({ type: "merged", lease: attempt.lease, into: same.id, expiresAt: accepted.expiresAt });
  const scope = scopeOf({ ...accepted, issuedAt: same.issuedAt });
  const values = renderValues(session.rotation.sinks, scope, session.deps.runtime.masker);
  const minted: MintedCredential = { fields: accepted.fields, values, scope };
  session.deps.memory.keep(same.id, accepted.fields);
  return { ...attempt, lease: same.id, minted };
}

/** The state cannot hold the lease (disk full): it is revoked from memory and everything stops. */
async function revokeUnrecorded({ rotation, deps, state }: Session, accepted: Accepted): Promise<void> {
  const { provider } = rotation;
  const { revoke, revokeValue } = provider.part;
  const lease = {
    id: state().attempt?.lease ?? "",
    issuedAt: new Date(accepted.issuedAt),
    expiresAt: "never" as const,
    handle: accepted.handle,
  };
  if (!revoke && !revokeValue) return;
  try {
    await callProvider({ deps, provider }, { timeout: timeLimits.revoke }, async (ctx) =>
      revoke ? revoke.call(provider.part, lease, ctx) : revokeValue?.call(provider.part, accepted.fields, ctx),
    );
  } catch (error) {
    deps.runtime.log.warn("a lease that could not be recorded could not be revoked either", {
      rotation: rotation.name,
      error: innerError(error).message,
    });
  }
}

/** The issuer just accepted the wall clock; a higher time in the state came from a clock that was wrong. */
async function correctClock(session: Session): Promise<void> {
  if (session.now() - session.deps.runtime.now() > 60_000) await session.journal({ type: "clock-corrected" });
}

/** After the state was lost the sinks may hold this very value: then it is exposed from the start. */
async function recogniseInSinks(session: Session, lease: string): Promise<void> {
  const { rotation, deps } = session;
  const foreign = rotation.sinks.filter((sink) => session.state().sinks[sink.id]?.may.includes("foreign"));
  const looks = await Promise.all(
    foreign.map(async (sink) => ({ id: sink.id, seen: await look(deps, sink, session.state()) })),
  );
  const sinks = looks.filter(({ seen }) => "holding" in seen && seen.holding === lease).map(({ id }) => id);
  if (sinks.length > 0) await session.journal({ type: "recognised", lease, sinks });
}
