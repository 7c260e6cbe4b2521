import type { Fields } from "@rotate/plugin-kit";
import { sleepOrWake } from "@rotate/runtime";
import { locked, settling } from "../backend/claim.ts";
import type { Handoff, KeptCredential } from "../backend/host-notes.ts";
import { EngineError } from "../engine-error.ts";
import { environmentOf } from "../credential/environment.ts";
import { namesPrevious } from "../credential/fields-of.ts";
import { currentLease, fieldsBefore, findFields, hasAll } from "../credential/find.ts";
import { blockedUntil } from "../rotation/decide.ts";
import { instant } from "../rotation/describe.ts";
import { sweepUnder } from "../rotation/left-overs.ts";
import { reasonOf } from "../rotation/reason.ts";
import { endOf, spanOf, waits } from "../schedule/schedule.ts";
import { rotate, type Claimed } from "../rotation/rotate.ts";
import { isUnattended, momentOf, toldEnd, type Asked as HowAsked } from "../rotation/moment.ts";
import type { RotationDeps } from "../rotation/session.ts";
import type { Rotation } from "../loading/model.ts";
import { sharedReloads } from "../loading/shared-reloads.ts";
import { shortFingerprint } from "../store/fingerprint.ts";
import type { FailureState, LeaseState } from "../store/state.ts";
import { needsWork, timeOf } from "./quick-look.ts";

/** What is asked of a credential: which fields, how much life, and how long to wait for it. */
export interface CredentialOptions {
  /** Which of the declared fields are wanted; what it throws ends the call before anything is done. Default, and when it gives undefined: all that are not optional. */
  readonly needed?: (declared: Fields) => readonly string[] | undefined;
  /** Milliseconds that it should still live: with less it is rotated, but never before half of its life is over. */
  readonly minRemaining?: number;
  /** A server said no to this value of one of its fields: if it is the present one, and not younger than a minute, a new one is minted, within the budget. */
  readonly refused?: string;
  /** Whom it is given to, in a word of its own: pinned until `giveBack`, not to its end. */
  readonly lendTo?: string;
  /** Milliseconds to wait for another process. Default 60,000. */
  readonly lockTimeout?: number;
  readonly signal?: AbortSignal;
}

/** The current credential, in the clear: for whoever asked, and for nobody else. */
export interface CurrentCredential {
  readonly name: string;
  readonly declared: Fields;
  /** May lack fields that were not needed. */
  readonly fields: Readonly<Record<string, string>>;
  /** Keyed: tells one credential from another and nothing of its value. */
  readonly fingerprint: string;
  /** What its `env` sinks make of it; absent without one, or when fields are missing for it. */
  readonly environment?: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly issuedAt: string;
  /** RFC 3339; absent: it never expires by itself. While the clock tells nobody its age: a minute from now, so that whoever holds it asks again. */
  readonly expiresAt?: string;
}

interface Asked {
  readonly rotation: Rotation;
  readonly deps: RotationDeps;
}

/**
 * The credential that consumers are to use now: rotated first when it is due, then read from memory, the cache or a sink that holds it, else minted anew,
 * once for all who wait. Its lease is pinned: what was given out is never revoked early, unless it was lent and given back.
 * Throws EngineError `ROTATE_LOCKED`, `ROTATE_CREDENTIAL_UNREADABLE`, or with the code of the phase that failed.
 */
export async function currentCredential(asked: Asked, options: CredentialOptions): Promise<CurrentCredential> {
  const { rotation, deps } = asked;
  const required = requiredOf(rotation);
  const needed = options.needed?.(rotation.fields)?.filter((name) => required.includes(name)) ?? required;
  // Those that wait for the same would hold what only one of them gives back.
  const handoff = options.lendTo === undefined ? deps.host.handoff?.(rotation.name) : undefined;
  const { lockTimeout = 60_000 } = options;
  const until = deps.runtime.monotonic() + lockTimeout;
  const signal = options.signal ?? new AbortController().signal;
  for (let told = false; ; told = true) {
    const claim = await deps.claims.byName(rotation.name);
    if (claim)
      return settling(claim, (_, leave) => underClaim({ ...asked, claim, leave, signal, needed }, options, handoff));
    if (!told) deps.onEvent({ type: "waiting-for-lock", rotation: rotation.name });
    const received = await handoff?.receive(AbortSignal.any([signal, AbortSignal.timeout(lockTimeout)]));
    if (received && hasAll(received.fields, needed)) return describe(received, asked);
    if (deps.runtime.monotonic() > until || signal.aborted) throw locked(rotation.name);
    await sleepOrWake(deps.runtime, 50, signal);
  }
}

/** A claim, and what ends the work under it. */
export interface Working extends Claimed {
  readonly signal: AbortSignal;
}
interface Held extends Working {
  readonly needed: readonly string[];
}

async function underClaim(
  held: Held,
  options: CredentialOptions,
  handoff: Handoff | undefined,
): Promise<CurrentCredential> {
  await sweepUnder(held.claim, held);
  const counter = await handoff?.open();
  let kept: KeptCredential | undefined;
  try {
    kept = await produce(held, options);
  } finally {
    await counter?.close(kept);
  }
  return describe(kept, held);
}

/** The current values, pinned. */
async function produce(held: Held, options: CredentialOptions): Promise<KeptCredential> {
  if (await isWanted(held, options)) await rotateOnce(held, { force: await isTooShort(held, options) });
  if (await isRefused(held, options)) await rotateOnce(held, { wanted: "refused" });
  const found = await findCurrent(held);
  if (found !== undefined) return pin(found, held, options);
  await refuseMint(held);
  await rotateOnce(held, isUnattended(held) ? { wanted: "asked" } : { force: true });
  const minted = await findCurrent(held);
  if (minted !== undefined) return pin(minted, held, options);
  await refuseMint(held);
  throw unreadable(held.rotation);
}

/** A question is no reason to ask again an issuer that just failed, nor to reload consumers. */
async function refuseMint({ rotation, deps }: Held): Promise<void> {
  const state = await deps.store.load(rotation.name);
  const moment = momentOf({ rotation, deps }, state);
  if (state.failure !== undefined && blockedUntil(moment, reasonOf(moment)) > moment.now)
    throw noneToGive(rotation, state.failure);
  if (rotation.reloads.length > 0) throw unreadable(rotation);
}

/** Why there is none, as its last failure has it. */
export function noneToGive({ name }: Pick<Rotation, "name">, failure: FailureState): EngineError {
  const { code, message, hint } = failure;
  return new EngineError(`there is no credential of ${name} to give: ${message}`, {
    code,
    exitCode: 1,
    ...(hint !== undefined && { hint }),
  });
}

/** The fields that a credential of it always has. */
export function requiredOf({ fields }: Rotation): readonly string[] {
  return Object.keys(fields).filter((name) => fields[name]?.optional !== true);
}

async function isWanted(held: Held, options: CredentialOptions): Promise<boolean> {
  return (await needsWork(held, { force: false, cadence: undefined })) || isTooShort(held, options);
}

/** Some servers learn of a new credential only after a while. ms */
const youth = 60_000;

async function isRefused(held: Held, { refused }: CredentialOptions): Promise<boolean> {
  if (refused === undefined) return false;
  const found = await findCurrent(held);
  return found !== undefined && isOld(found, held) && Object.values(found.fields).includes(refused);
}

function isOld({ lease }: Found, { deps, claim }: Held): boolean {
  return timeOf(deps, claim.state()) - lease.asOf >= youth;
}

/** Less is left than was asked for. A failure's backoff is not skipped for it. */
async function isTooShort({ rotation, deps }: Held, { minRemaining = 0 }: CredentialOptions): Promise<boolean> {
  const state = await deps.store.load(rotation.name);
  const lease = currentLease(state);
  if (lease === undefined || endOf(lease) === Infinity || waits(lease)) return false;
  const moment = momentOf({ rotation, deps }, state);
  const wanted = Math.min(minRemaining, spanOf(lease) / 2);
  return endOf(lease) - moment.now < wanted && blockedUntil(moment, reasonOf(moment)) <= moment.now;
}

/** Rotates under the claim, and tells of it. */
export async function rotateOnce(held: Working, how: Pick<HowAsked, "force" | "wanted"> = {}): Promise<void> {
  const { rotation, deps, signal } = held;
  const { gate, onEvent } = deps;
  gate.expect(rotation.name, sharedReloads(rotation));
  try {
    const report = await rotate(held, { ...how, cadence: undefined, signal });
    onEvent({ type: "rotation-finished", rotation: rotation.name, report });
  } finally {
    gate.leave(rotation.name);
  }
}

/** A lease with its values. */
export interface Found {
  readonly lease: LeaseState;
  readonly fields: KeptCredential["fields"];
}

/** The lease that is published, with its values. Undefined when it is over, or nobody here knows them. */
export async function findCurrent({
  rotation,
  deps,
  needed,
}: Asked & { readonly needed: readonly string[] }): Promise<Found | undefined> {
  const state = await deps.store.load(rotation.name);
  const lease = currentLease(state);
  if (lease === undefined || endOf(lease) <= timeOf(deps, state)) return undefined;
  const fields = await findFields(lease, needed, { rotation, deps });
  return fields && { lease, fields };
}

async function pin({ lease, fields }: Found, { claim }: Held, { lendTo }: CredentialOptions): Promise<KeptCredential> {
  const { id, pinned, lentTo = [] } = lease;
  if (lendTo === undefined && pinned !== true) await claim.append([{ type: "pinned", lease: id }]);
  if (lendTo !== undefined && !lentTo.includes(lendTo)) await claim.append([{ type: "lent", lease: id, to: lendTo }]);
  return { lease: lease.id, fields };
}

async function describe(
  { lease: id, fields }: KeptCredential,
  { rotation, deps }: Pick<Asked, "rotation" | "deps">,
): Promise<CurrentCredential> {
  const state = await deps.store.load(rotation.name);
  const lease = state.leases[id];
  if (lease === undefined) throw unreadable(rotation);
  for (const [name, text] of Object.entries(fields)) {
    if (rotation.fields[name]?.secret !== false) deps.runtime.masker.secret(text, name);
  }
  const { clock } = deps;
  const issuedAt = instant(clock.wallAt(lease.issuedAt));
  const end = toldEnd(lease, clock);
  const ends = end === Infinity ? {} : { expiresAt: instant(clock.wallAt(end)) };
  const previous = namesPrevious(rotation) ? await fieldsBefore(id, state, { rotation, deps }) : undefined;
  const scope = { fields, lease: { issuedAt, expiresAt: ends.expiresAt ?? "never" }, previous };
  const environment = hasAll(fields, requiredOf(rotation)) ? environmentOf(rotation, scope) : undefined;
  return {
    name: rotation.name,
    declared: rotation.fields,
    fields,
    fingerprint: shortFingerprint(lease.fingerprint),
    issuedAt,
    ...ends,
    ...(environment && { environment }),
  };
}

function unreadable({ name }: Rotation): EngineError {
  return new EngineError(`the current credential of ${name} cannot be read: no sink holds its fields as they are`, {
    code: "ROTATE_CREDENTIAL_UNREADABLE",
    exitCode: 1,
    hint: 'add `cache: true` to the rotation, or a sink with the bare fields, such as { TOKEN: "{{ token }}" }; then `rotate run --force` once',
  });
}
