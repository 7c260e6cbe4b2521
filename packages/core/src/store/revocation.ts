/** What is known of the revocations of one lease that were tried. Pure; instants in ms of rotation time. */

/** That a lease was, or is, to be revoked, and has not been as far as anybody knows. */
export interface Revocation {
  readonly tries: number;
  readonly notBefore: number;
  /** Of the last try. Absent: it was announced, and nobody said how it went. */
  readonly error?: string;
  /** Of an earlier try, or of this one, nobody knows how it went: whatever another comes to, the lease may be revoked. */
  readonly unknown?: boolean;
}

/** May one of them have been done? It was announced and not answered. */
export function mayBeDone(revocation: Revocation | undefined): boolean {
  return revocation !== undefined && (revocation.error === undefined || revocation.unknown === true);
}

/** One more is tried; the next one not before `notBefore`. */
export function announced(before: Revocation | undefined, notBefore: number): Revocation {
  return { tries: (before?.tries ?? 0) + 1, notBefore, ...(mayBeDone(before) && { unknown: true }) };
}

/** It failed; `unknown`: or its answer was lost. That says nothing of one before it whose end was never told. */
export function failedWith(
  error: string,
  before: Revocation | undefined,
  { notBefore, unknown = false }: { readonly notBefore: number; readonly unknown?: boolean | undefined },
): Revocation {
  const inDoubt = unknown || before?.unknown === true;
  return { tries: before?.tries ?? 0, notBefore, error, ...(inDoubt && { unknown: true }) };
}
