/** A credential, in the clear. */
export interface Credential {
  readonly fields: Readonly<Record<string, string>>;
  /** Tells one from another and nothing of its value. */
  readonly fingerprint: string;
  /** RFC 3339. */
  readonly issuedAt: string;
  /** RFC 3339; absent: it never ends by itself. */
  readonly expiresAt?: string;
  /** The one before it, which lived when this was told: for who verifies what was signed with either. */
  readonly previous?: Omit<Credential, "previous">;
}

/** A credential, and how long it lives from the moment of the answer: ms, Infinity. No clock of this machine is needed to believe it. */
export interface Answer {
  readonly credential: Credential;
  readonly remaining: number;
}

/** Where credentials come from. */
export interface Source {
  /** Throws when there is none. `refused`: the fingerprint of one that a server said no to. */
  readonly ask: (refused: string | undefined, signal: AbortSignal) => Promise<Answer>;
  /** Waits for another than this; undefined when none came. Never keeps the process alive. Absent: nobody tells of changes. */
  readonly next?: (known: string, signal: AbortSignal) => Promise<Answer | undefined>;
}

/** There is no credential, or nobody who has it. `name` is `CredentialsUnavailable`, `code` is `ROTATE_UNAVAILABLE`. */
export function unavailable(message: string, cause?: unknown): Error & { readonly code: string } {
  const error = new Error(message, cause === undefined ? {} : { cause });
  return Object.assign(error, { name: "CredentialsUnavailable", code: "ROTATE_UNAVAILABLE" });
}
