import { locked, settling, type Claim } from "../backend/claim.ts";
import { EngineError } from "../engine-error.ts";
import type { Rotation } from "../loading/model.ts";
import { sweepUnder } from "../rotation/left-overs.ts";
import type { Offer } from "../rotation/offers.ts";
import type { RotationDeps } from "../rotation/session.ts";
import type { LeaseId } from "../store/state.ts";
import type { KeptCredential } from "../backend/host-notes.ts";
import { fieldsBefore, leaseBefore, type Looking } from "../credential/find.ts";
import { findCurrent, noneToGive, requiredOf, rotateOnce, type Found } from "./credential.ts";
import { needsWork } from "./quick-look.ts";

/** A rotation that endpoints of this process give. */
export interface Offering {
  readonly rotation: Rotation;
  readonly deps: RotationDeps;
  readonly offer: Offer;
}

/** What is wanted of an offer, and how long it may take. */
export interface OfferOptions {
  /** A server said no to this lease: there has to be another one. */
  readonly refused?: LeaseId | undefined;
  /** Only what is known already is looked for: nothing is asked of an issuer. */
  readonly onlyLook?: boolean;
  /** ms to wait for another process. Default 60,000. */
  readonly lockTimeout?: number;
  readonly signal: AbortSignal;
}

/**
 * Sees to it that the offer has a credential: what is due is rotated, then values are looked for in memory, the cache and the sinks; where nobody knows them a new one is
 * minted, within the budget of what comes before its time. Notes whom it is given to. Throws EngineError `ROTATE_LOCKED`, or with the code of what failed.
 */
export async function fillOffer(offering: Offering, options: OfferOptions): Promise<void> {
  const { rotation, deps } = offering;
  const { lockTimeout: wait = 60_000, signal } = options;
  const claim = await deps.claims.byName(rotation.name, { wait, signal });
  if (claim === undefined) throw locked(rotation.name);
  await settling(claim, async (_, leave) => {
    const working = { rotation, deps, claim, leave, signal };
    await sweepUnder(claim, offering);
    if (options.onlyLook !== true && (await needsWork(offering, { cadence: undefined }))) await rotateOnce(working);
    if ((await show(claim, offering, options.refused)) || options.onlyLook === true) return;
    await rotateOnce(working, { wanted: options.refused === undefined ? "asked" : "refused" });
    if (await show(claim, offering, options.refused)) return;
    const { failure } = claim.state();
    throw failure ? noneToGive(rotation, failure) : waiting(rotation);
  });
}

/** Gives what is published, when its values are known. False when they are not, or it is what was refused. */
async function show(claim: Claim, { rotation, deps, offer }: Offering, refused: LeaseId | undefined): Promise<boolean> {
  const found = await findCurrent({ rotation, deps, needed: requiredOf(rotation) });
  if (found !== undefined) await noteOffer(claim, offer);
  offer.take(claim.state(), found && (await kept(found, claim, { rotation, deps })));
  return found !== undefined && found.lease.id !== refused;
}

async function kept({ lease: { id }, fields }: Found, claim: Claim, looking: Looking): Promise<KeptCredential> {
  const before = leaseBefore(id, claim.state(), claim.now());
  const earlier = before && (await fieldsBefore(id, claim.state(), looking));
  return { lease: id, fields, ...(before && earlier && { previous: { lease: before.id, fields: earlier } }) };
}

/** Journals who may use what: sessions that have ended, and those that may begin. */
async function noteOffer(claim: Claim, offer: Offer): Promise<void> {
  const records = offer.owed(claim.state());
  if (records.length > 0) await claim.append(records);
}

function waiting({ name }: Rotation): EngineError {
  return new EngineError(`there is no credential of ${name} to give yet`, {
    code: "ROTATE_CREDENTIAL_UNREADABLE",
    exitCode: 1,
    hint: "its budget for credentials before their time is used up, or a list or a person holds it back: `rotate status` tells",
  });
}
