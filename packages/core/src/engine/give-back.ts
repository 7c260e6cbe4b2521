import { locked, settling, type Claims } from "../backend/claim.ts";

/** What is given back, and how long it may take. */
export interface GiveBackOptions {
  /** The words that it was lent to: see `lendTo` of `credential`. */
  readonly from: readonly string[];
  /** Milliseconds to wait for another process. Default 10,000. */
  readonly lockTimeout?: number;
}

/** Nobody of these holds a credential of the rotation any more: what was lent to them alone may be revoked once a later one is in use. Throws EngineError `ROTATE_LOCKED`. */
export async function giveBack(name: string, { from, lockTimeout = 10_000 }: GiveBackOptions, claims: Claims) {
  const claim = await claims.byName(name, { wait: lockTimeout });
  if (claim === undefined) throw locked(name);
  await settling(claim, async () => {
    const returned = Object.values(claim.state().leases).flatMap(({ id, lentTo = [] }) =>
      lentTo.filter((to) => from.includes(to)).map((to) => ({ type: "returned", lease: id, to }) as const),
    );
    if (returned.length > 0) await claim.append(returned);
  });
}
