/** Whom to log in with it, and where. */
export interface HelperLogin {
  readonly host: string;
  /** Undefined: nobody says. */
  readonly user: string | undefined;
  readonly password: string;
  /** RFC 3339. */
  readonly expiresAt: string | undefined;
}
