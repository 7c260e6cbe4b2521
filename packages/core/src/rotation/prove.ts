import { findFields } from "../credential/find.ts";
import type { LeaseState } from "../store/state.ts";
import { instant } from "./describe.ts";
import { innerError } from "./errors.ts";
import { callProvider, timeLimits } from "./invoke.ts";
import { asLease } from "./lease.ts";
import { momentOf, publishedLease } from "./moment.ts";
import { runProbes } from "./probes.ts";
import type { Session } from "./session.ts";
import { canLookUp, canVerify, proofAt, verifiedFields } from "./unproved.ts";

/** ms */
const untilNextLook = 60_000;

/** After a new boot or an unseen pause, what is published is looked at before it is believed. What is dead is gone from then on, and replaced at once. */
export async function prove(session: Session): Promise<void> {
  const { rotation, deps, state, now } = session;
  const moment = momentOf({ rotation, deps }, state());
  const lease = publishedLease(state());
  if (lease === undefined || proofAt(moment) > moment.now) return;
  const found = await lookAt(session, lease);
  if (found === "alive") return session.journal({ type: "proved", lease: lease.id, found: { provedAt: now() } });
  if (found === "gone" || found === "dead") session.warn(setBack);
  // What `verify` says no to may still live upstream: it is replaced, and revoked in its turn.
  if (found === "dead") return session.journal({ type: "proved", lease: lease.id, found: { dead: true } });
  if (found === "gone") return session.journal({ type: "gone", lease: lease.id, how: "revoked" });
  session.warn(`whether what is published still works could not be asked: ${found.unknown}`);
  return session.journal({ type: "proved", lease: lease.id, found: { askAgainAt: now() + untilNextLook } });
}

const setBack =
  "what was published is dead, by a look after this machine was started or went on: was it set back to an earlier state?";

/** `gone`: by the issuer. `dead`: by `verify`. */
type Found = "alive" | "gone" | "dead" | { readonly unknown: string };

async function lookAt(session: Session, lease: LeaseState): Promise<Found> {
  const { rotation } = session;
  const told = canLookUp(rotation, lease) ? await lookUp(session, lease) : undefined;
  if (told === "alive" || told === "gone") return told;
  // What nobody can tell is believed, as it is where there is nobody to ask.
  return canVerify(rotation) ? verifyHeld(session, lease) : (told ?? "alive");
}

/** Undefined: the issuer cannot tell of this one. */
async function lookUp({ rotation, deps }: Session, lease: LeaseState): Promise<Found | undefined> {
  const { provider } = rotation;
  try {
    const lives = await callProvider({ deps, provider }, { timeout: timeLimits.check }, async (ctx) =>
      provider.part.lives?.(asLease(lease, deps.clock), ctx),
    );
    return lives === undefined ? undefined : lives ? "alive" : "gone";
  } catch (error) {
    return { unknown: innerError(error).message };
  }
}

/** `verify` with the value that a sink holds. What says no, says it of the credential; who does not answer says nothing. */
async function verifyHeld({ rotation, deps, signal }: Session, lease: LeaseState): Promise<Found> {
  const fields = await findFields(lease, verifiedFields(rotation), { rotation, deps });
  if (fields === undefined) return { unknown: "no sink gives it back" };
  for (const [name, text] of Object.entries(fields)) {
    if (rotation.fields[name]?.secret !== false) deps.runtime.masker.secret(text, name);
  }
  const { wallAt } = deps.clock;
  const expiresAt = lease.expiresAt === null ? "never" : instant(wallAt(lease.expiresAt));
  const scope = { fields, lease: { issuedAt: instant(wallAt(lease.issuedAt)), expiresAt } };
  try {
    await runProbes(deps, rotation.verify, { scope, signal });
    return "alive";
  } catch (error) {
    const { code, message } = innerError(error);
    return silent.has(code) ? { unknown: message } : "dead";
  }
}

const silent: ReadonlySet<string> = new Set(["UNAVAILABLE", "TIMEOUT", "RATE_LIMITED", "BAD_ANSWER"]);
