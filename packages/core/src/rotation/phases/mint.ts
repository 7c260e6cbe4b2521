import { beforehand, type Minted } from "@rotate/plugin-kit";
import { materialize, type TemplateScope } from "@rotate/runtime";
import { namesPrevious } from "../../credential/fields-of.ts";
import { fieldsBefore, leaseBefore } from "../../credential/find.ts";
import type { LeaseState } from "../../store/state.ts";
import { acceptMinted, type Accepted } from "../accept.ts";
import { innerError, isDefinite } from "../errors.ts";
import { callProvider, timeLimits } from "../invoke.ts";
import { newLeaseId } from "../lease-id.ts";
import { end, type Phase } from "../phase.ts";
import { ghostUntil } from "../recover.ts";
import { giveBackRefused, knownLease } from "../refused.ts";
import { isEarly } from "../reason.ts";
import { render } from "../render.ts";
import { recordMinted } from "../record-minted.ts";
import type { Attempt, MintedCredential, Session } from "../session.ts";
import { createSkewMeter, type AskedAt } from "../skew.ts";

/** Asks the issuer for a new lease: journaled before, believed only after every check. */
export const mintPhase: Phase = {
  name: "mint",
  stoppable: true,
  async run(session, attempt) {
    const lease = await intend(session, attempt);
    const answer = await ask(session, lease);
    const { accepted, minted } = await accept(session, lease, answer);
    return recordMinted(session, { ...attempt, lease: lease.id, minted }, accepted);
  },
  failed: async (_session, _attempt, failure) => end("failed", failure.report.message),
};

async function intend(session: Session, { why, reason }: Attempt): Promise<LeaseState> {
  const { rotation, deps } = session;
  const { name } = rotation.provider;
  const lease: LeaseState = {
    id: newLeaseId(),
    phase: "ghost",
    exposed: false,
    dropped: false,
    lastDoubtAt: 0,
    issuedAt: session.now(),
    asOf: session.now(),
    expiresAt: ghostUntil(session),
    given: null,
    span: null,
    renewable: false,
    fingerprint: "",
    sinkFingerprints: {},
    jitter: deps.runtime.random(),
    provider: name,
  };
  const traceless = rotation.provider.part.ghosts === false;
  const more = { ...(isEarly(reason) && { early: true }), ...(traceless && { traceless }) };
  await session.journal({ type: "intent", lease, why, ...more });
  await session.guard();
  return lease;
}

/** The issuer's answer, when it was asked, and how far our clock is ahead of the issuer's, ms; undefined when it did not tell. */
interface Answer {
  readonly minted: Minted;
  readonly asked: AskedAt;
  readonly skew: number | undefined;
}

async function ask(session: Session, lease: LeaseState): Promise<Answer> {
  const { rotation, deps } = session;
  const { provider } = rotation;
  const { runtime, clock } = deps;
  const meter = createSkewMeter(runtime.now);
  let asked: AskedAt = clock.note();
  try {
    const limits = { timeout: timeLimits.mint, need: { atLeastHalf: true } };
    const minted = await callProvider({ deps, provider }, limits, async (ctx) => {
      const request = await beforehand(() => materialize(rotation.request, { runtime, signal: ctx.signal }));
      asked = clock.note();
      return provider.part.mint(request, { ...ctx, http: meter.measure(ctx.http), leaseId: lease.id });
    });
    return { minted, asked, skew: reportSkew(session, meter.milliseconds()) };
  } catch (error) {
    await noteUnminted(session, lease, isDefinite(innerError(error)));
    throw error;
  }
}

/** `nothing`: it is certain that no lease lives. Else it is a ghost until it must have ended, where one can live at all. */
async function noteUnminted(session: Session, lease: LeaseState, nothing: boolean): Promise<void> {
  const isGhost = !nothing && session.rotation.provider.part.ghosts !== false;
  const unknown = isGhost ? { unknownUntil: ghostUntil(session) } : {};
  await session.journal({ type: "mint-failed", lease: lease.id, ...unknown });
}

/** A minute apart is a warning: expiries are judged by this machine's clock. */
function reportSkew({ deps, warn }: Session, measured: number | undefined): number | undefined {
  if (measured !== undefined) deps.clock.learn(measured);
  if (measured === undefined || Math.abs(measured) <= 60_000) return measured;
  const skew = measured;
  warn(
    `this machine's clock is ${Math.round(Math.abs(skew) / 1000)} s ${skew > 0 ? "ahead of" : "behind"} the issuer's`,
  );
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
    const known = knownLease(session, answer.minted);
    const { masker } = deps.runtime;
    const terms = { rotation, ...answer, now: session.now(), login, known: known !== undefined, masker };
    const accepted = acceptMinted(answer.minted, terms);
    for (const warning of accepted.warnings) session.warn(warning);
    const previous = await previousOf(session, known ?? lease);
    return { accepted, minted: render(rotation, { ...accepted, previous }, deps) };
  } catch (error) {
    await noteUnminted(session, lease, await giveBackRefused(session, lease, answer.minted));
    throw error;
  }
}

/** The fields of the credential before this one, where a template names them. */
async function previousOf(session: Session, { id }: LeaseState): Promise<TemplateScope["previous"]> {
  const { rotation, deps, state, now, warn } = session;
  if (!namesPrevious(rotation)) return undefined;
  const fields = await fieldsBefore(id, state(), { rotation, deps });
  if (fields === undefined && leaseBefore(id, state(), now()) !== undefined)
    warn(
      "the credential before this one still lives, and nobody here knows its values: what names `previous` goes on without it; `cache: true` keeps it",
    );
  return fields;
}
