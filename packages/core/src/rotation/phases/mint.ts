import { RotateError, type Minted } from "@rotate/plugin-kit";
import { materialize } from "@rotate/runtime";
import type { LeaseState } from "../../store/state.ts";
import { acceptMinted, type Accepted } from "../accept.ts";
import { expiringFrom } from "../decide.ts";
import { innerError, isDefinite } from "../errors.ts";
import { callProvider, timeLimits } from "../invoke.ts";
import { newLeaseId } from "../lease-id.ts";
import { end, type Phase } from "../phase.ts";
import { ghostUntil } from "../recover.ts";
import { giveBack } from "../refused.ts";
import { render } from "../render.ts";
import { recordMinted } from "../record-minted.ts";
import { limitedLeases } from "../retire.ts";
import type { MintedCredential, Session } from "../session.ts";
import { createSkewMeter } from "../skew.ts";

/** Asks the issuer for a new lease: journaled before, believed only after every check. */
export const mintPhase: Phase = {
  name: "mint",
  stoppable: true,
  async run(session, attempt) {
    refuseBeyondBudget(session);
    const lease = await intend(session, attempt.why);
    const answer = await ask(session, lease);
    const { accepted, minted } = await accept(session, lease, answer);
    return recordMinted(session, { ...attempt, lease: lease.id, minted }, accepted);
  },
  failed: async (_session, _attempt, failure) => end("failed", failure.report.message),
};

/** The last guard: a crash loop never mints again and again. Counts what was asked for, whatever came of it. */
function refuseBeyondBudget(session: Session): void {
  const { rotation, state, now } = session;
  const { budget, maxLive } = rotation;
  refuseMore(state().mints, { limit: budget.perMinute, span: 60_000, word: "minute", now: now() });
  refuseMore(state().mints, { limit: budget.perHour, span: 3_600_000, word: "hour", now: now() });
  if (limitedLeases(session).length < maxLive || isPressing(session)) return;
  throw new RotateError(`${maxLive} leases of this rotation live upstream already`, {
    code: "RATE_LIMITED",
    retryable: true,
    hint: "`rotate status` lists them; attempts go on when one has ended or been revoked",
  });
}

/** Nothing that works is held, or it nears its end: then a lease too many is the lesser evil, and only the budget limits the attempts. */
function isPressing({ rotation, state, now, deps }: Session): boolean {
  return state().settled === undefined || expiringFrom(rotation, state(), deps.nextCron) <= now();
}

function refuseMore(
  mints: readonly number[],
  { limit, span, word, now }: { limit: number; span: number; word: string; now: number },
): void {
  const within = mints.filter((at) => at > now - span);
  if (within.length < limit) return;
  throw new RotateError(`the mint budget of ${limit} per ${word} is used up`, {
    code: "RATE_LIMITED",
    retryable: true,
    retryAfter: Math.max(0, (within.at(-limit) ?? now) + span - now),
    hint: "look at `rotate history` for what keeps failing after the mint; `budget` raises the limit",
  });
}

async function intend(session: Session, why: string): Promise<LeaseState> {
  const { rotation, deps } = session;
  const { name } = rotation.provider;
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
    provider: name,
  };
  await session.journal({ type: "intent", lease, why });
  await session.guard();
  return lease;
}

/** The issuer's answer, when it was asked, and how far our clock is ahead of the issuer's. All ms. */
interface Answer {
  readonly minted: Minted;
  readonly requestedAt: number;
  readonly skew: number;
}

async function ask(session: Session, lease: LeaseState): Promise<Answer> {
  const { rotation, deps } = session;
  const { provider } = rotation;
  const { runtime } = deps;
  const meter = createSkewMeter(runtime.now);
  let requestedAt = runtime.now();
  try {
    const minted = await callProvider({ deps, provider }, { timeout: timeLimits.mint }, async (ctx) => {
      const request = await materialize(rotation.request, { runtime, signal: ctx.signal });
      requestedAt = runtime.now();
      return provider.part.mint(request, { ...ctx, http: meter.measure(ctx.http), leaseId: lease.id });
    });
    return { minted, requestedAt, skew: reportSkew(session, meter.milliseconds()) };
  } catch (error) {
    await noteFailed(session, lease, isDefinite(innerError(error)));
    throw error;
  }
}

/** `nothing`: it is certain that no lease lives. Else it is a ghost until it must have ended. */
async function noteFailed(session: Session, lease: LeaseState, nothing: boolean): Promise<void> {
  await session.journal({
    type: "mint-failed",
    lease: lease.id,
    ...(!nothing && { unknownUntil: ghostUntil(session) }),
  });
}

/** A minute apart is an alarm: expiries are judged by this machine's clock. */
function reportSkew({ deps, rotation, warn }: Session, skew: number): number {
  if (Math.abs(skew) <= 60_000) return skew;
  const message = `this machine's clock is ${Math.round(Math.abs(skew) / 1000)} s ${skew > 0 ? "ahead of" : "behind"} the issuer's`;
  warn(message);
  deps.onEvent({ type: "alarm", rotation: rotation.name, alarm: "skew", message });
  return skew;
}

/** An absurd answer is an error: nothing is written, and its lease is revoked where the handle allows it, else listed. */
async function accept(
  session: Session,
  lease: LeaseState,
  answer: Answer,
): Promise<{ accepted: Accepted; minted: MintedCredential }> {
  const { rotation, deps } = session;
  try {
    const login = deps.logins.peek(rotation.provider);
    const accepted = acceptMinted(answer.minted, { rotation, ...answer, now: deps.runtime.now(), login });
    return { accepted, minted: render(rotation, accepted, deps.runtime.masker) };
  } catch (error) {
    await noteFailed(session, lease, await giveBack(session, lease, answer.minted));
    throw error;
  }
}
