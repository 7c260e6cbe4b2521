import { locked, settling, type Claims } from "../backend/claim.ts";
import type { JournalRecord } from "../store/records.ts";

/** What became of what was lent, and how long it may take to say so. */
export interface LentOptions {
  /** The words that it was lent to: see `lendTo` of `credential`. */
  readonly from: readonly string[];
  /** Milliseconds to wait for another process. Default 10,000. */
  readonly lockTimeout?: number;
}

/** Nobody of these holds a credential of the rotation any more: what was lent to them alone may be revoked once a later one is in use. Throws EngineError `ROTATE_LOCKED`. */
export function giveBack(name: string, options: LentOptions, claims: Claims): Promise<void> {
  return note({ name, claims }, options, (lease, to) => ({ type: "returned", lease, to }));
}

/** These could not be replaced by ones with newer values: `reload-owed` until what they have is given back, or has ended. Throws EngineError `ROTATE_LOCKED`. */
export function keepLent(name: string, options: LentOptions & { readonly why: string }, claims: Claims): Promise<void> {
  const error = { phase: "reload", code: "ROTATE_EXEC_FAILED", message: options.why, retryable: true };
  return note({ name, claims }, options, (lease, _to, at) => ({ type: "kept", lease, error: { at, ...error } }));
}

async function note(
  { name, claims }: { readonly name: string; readonly claims: Claims },
  { from, lockTimeout = 10_000 }: LentOptions,
  recordOf: (lease: string, to: string, at: number) => JournalRecord,
): Promise<void> {
  const claim = await claims.byName(name, { wait: lockTimeout });
  if (claim === undefined) throw locked(name);
  await settling(claim, async () => {
    const records = Object.values(claim.state().leases).flatMap(({ id, lentTo = [] }) =>
      lentTo.filter((to) => from.includes(to)).map((to) => recordOf(id, to, claim.now())),
    );
    if (records.length > 0) await claim.append(records);
  });
}
