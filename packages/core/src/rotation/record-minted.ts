import { RotateError } from "@rotate/plugin-kit";
import type { LeaseState } from "../store/state.ts";
import { credentialFingerprint, type Accepted } from "./accept.ts";
import { innerError } from "./errors.ts";
import { fingerprintsOf, look } from "./observe.ts";
import { mayBeRevoked } from "./moment.ts";
import { isSame, sinksAreExplained } from "./refused.ts";
import { canRevokeWith, revokeLease } from "./revocation.ts";
import type { Attempt, MintedCredential, Session } from "./session.ts";

type MintedAttempt = Attempt & { readonly lease: string; readonly minted: MintedCredential };

/** Journals a credential that was accepted. When the state cannot hold it, it is revoked from memory and everything stops. */
export async function recordMinted(session: Session, attempt: MintedAttempt, accepted: Accepted): Promise<Attempt> {
  const { deps, state, rotation } = session;
  const fingerprint = credentialFingerprint(accepted.fields, deps.fingerprint);
  const sinkFingerprints = fingerprintsOfAll(attempt.minted.values, deps.fingerprint);
  const same = Object.values(state().leases).find(
    (lease) => lease.phase === "live" && isSame(lease, accepted.fields, deps),
  );
  await refuseRevoked(session, attempt.lease, accepted);
  deps.memory.keep(same?.id ?? attempt.lease, accepted.fields, rotation.name);
  if (same) {
    const { asOf, expiresAt, diesAt, period } = accepted;
    await session.journal({
      type: "merged",
      lease: attempt.lease,
      into: same.id,
      asOf,
      expiresAt,
      sinkFingerprints,
      ...(diesAt !== undefined && { diesAt }),
      ...(period !== undefined && { period }),
    });
    return { ...attempt, lease: same.id };
  }
  const { fields: _fields, warnings: _warnings, ...terms } = accepted;
  try {
    await session.journal({ type: "minted", lease: attempt.lease, terms: { ...terms, fingerprint, sinkFingerprints } });
  } catch (error) {
    await revokeUnrecorded(session, attempt.lease, accepted);
    throw error;
  }
  warnOfLogin(session, accepted);
  await recogniseInSinks(session, attempt.lease);
  return attempt;
}

function fingerprintsOfAll(
  values: MintedCredential["values"],
  fingerprint: Session["deps"]["fingerprint"],
): LeaseState["sinkFingerprints"] {
  return Object.fromEntries([...values].map(([id, rendered]) => [id, fingerprintsOf(rendered, fingerprint)]));
}

async function revokeUnrecorded(session: Session, id: string, { fields, ...terms }: Accepted): Promise<void> {
  const { rotation, deps } = session;
  const { provider } = rotation;
  if (!canRevokeWith(provider, fields) || !sinksAreExplained(session)) return;
  try {
    await revokeLease({ deps, provider }, { id, ...terms }, fields);
  } catch (error) {
    const fieldsOfLog = { rotation: rotation.name, error: innerError(error).message };
    deps.runtime.log.warn("a lease that could not be recorded could not be revoked either", fieldsOfLog);
  }
}

/** ms */
const bootstrapWarning = 7 * 86_400_000;

/** A lease that ends with the login, or a login whose own secret nears its end: said while there is time. */
function warnOfLogin({ warn, rotation, deps: { clock } }: Session, { expiresAt, diesAt, refreshBy }: Accepted): void {
  const provider = rotation.provider.name;
  if (diesAt !== undefined && (expiresAt === null || diesAt < expiresAt)) {
    const at = new Date(clock.wallAt(diesAt)).toISOString();
    warn(
      `the credential dies with the login of provider ${provider} at ${at}: give the login a longer life, or run \`rotate watch\`, which keeps it alive`,
    );
  }
  if (refreshBy !== undefined && refreshBy - clock.now() < bootstrapWarning) {
    warn(
      `expiring bootstrap: what provider ${provider} logs in with ends at ${new Date(clock.wallAt(refreshBy)).toISOString()}: replace it before`,
    );
  }
}

/** An issuer that goes on giving what was revoked, or may have been, has nothing better yet: to publish it again would look like success. */
async function refuseRevoked(session: Session, lease: string, { fields }: Accepted): Promise<void> {
  const { state, deps } = session;
  const revoked = Object.values(state().leases).some(
    (known) => (known.gone === "revoked" || mayBeRevoked(known)) && isSame(known, fields, deps),
  );
  if (!revoked) return;
  await session.journal({ type: "mint-failed", lease });
  throw new RotateError("the issuer gave a credential again that was revoked, or may have been", {
    code: "BAD_ANSWER",
    retryable: true,
    noEffect: true,
    hint: "it caches what it gives out: it gives a new one when that has ended",
  });
}

/** After the state was lost the sinks may hold this very value: then it is exposed from the start. */
async function recogniseInSinks(session: Session, lease: string): Promise<void> {
  const { rotation, state } = session;
  const foreign = rotation.sinks.filter((sink) => state().sinks[sink.id]?.may.includes("foreign"));
  const looks = await Promise.all(foreign.map(async (sink) => ({ id: sink.id, seen: await look(session, sink) })));
  const sinks = looks.filter(({ seen }) => "holding" in seen && seen.holding === lease).map(({ id }) => id);
  if (sinks.length > 0) await session.journal({ type: "recognised", lease, sinks });
}
