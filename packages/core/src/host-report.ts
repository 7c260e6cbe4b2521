/** A machine of a fleet. */
export interface HostReport {
  readonly name: string;
  /** Of its rotate. */
  readonly version: string;
  /** Whose rotations it takes as they come due. */
  readonly labels: readonly string[];
  /** It goes on, and answers what it is asked. */
  readonly watches: boolean;
  /** It was heard of lately. */
  readonly alive: boolean;
  /** RFC 3339, by the database's clock. */
  readonly seenAt: string;
  /** Why it takes nothing that moves. */
  readonly cannotServe?: string;
}
