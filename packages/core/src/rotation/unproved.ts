import { fieldsIn } from "../credential/fields-of.ts";
import { bareFields } from "../loading/bare-fields.ts";
import type { Rotation } from "../loading/model.ts";
import type { LeaseState } from "../store/state.ts";
import { reasonOf } from "./reason.ts";
import { isUnsure, publishedLease, type Moment } from "./moment.ts";

/**
 * Nobody has seen what is published since the machine was started, or went on from where it was paused: the state may be a snapshot's, and its lease revoked since.
 * False where nothing can tell: neither a look-up of the provider, nor a `verify` whose values a sink gives back.
 */
export function isUnproved(moment: Moment): boolean {
  const lease = publishedLease(moment.state);
  const { brokenAt } = moment.clock;
  if (lease === undefined || brokenAt === undefined || Math.max(lease.asOf, lease.provedAt ?? 0) >= brokenAt)
    return false;
  if (lease.phase !== "live" || lease.foreign || lease.dead || isUnsure(moment, lease)) return false;
  return canLookUp(moment.rotation, lease) || canVerify(moment.rotation);
}

/** When it is asked; Infinity where it need not be: what is to be replaced anyway is not looked at before. */
export function proofAt(moment: Moment): number {
  return isUnproved(moment) && reasonOf(moment) === undefined
    ? (publishedLease(moment.state)?.askAgainAt ?? 0)
    : Infinity;
}

/** Can the issuer be asked whether it lives? */
export function canLookUp({ provider }: Rotation, lease: LeaseState): boolean {
  return provider.part.lives !== undefined && lease.handle !== undefined && lease.provider === provider.name;
}

/** Are all fields that `verify` needs to be had from a sink or the cache? */
export function canVerify(rotation: Rotation): boolean {
  const { verify, sinks, cache } = rotation;
  if (verify.length === 0) return false;
  const readable = sinks.filter(({ part }) => part.read !== undefined);
  const had = new Set(readable.flatMap((sink) => bareFields(sink).map(([, field]) => field)));
  return cache === true || verifiedFields(rotation).every((field) => had.has(field));
}

/** The fields that the templates of `verify` name. */
export function verifiedFields({ verify }: Pick<Rotation, "verify">): readonly string[] {
  return fieldsIn(verify.map(({ options }) => options));
}
