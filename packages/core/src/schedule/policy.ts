/** When a lease's time has come. Exactly one of the four; durations in milliseconds. */
export type RefreshRule =
  | { readonly at: number }
  | { readonly before: number }
  | { readonly every: number }
  | { readonly cron: string; readonly timezone: string | undefined };

/** When the leases of one rotation are replaced, as its spec says. */
export interface RefreshPolicy {
  /** Undefined: 2/3 of the life, 1/2 under ten minutes. */
  readonly rule: RefreshRule | undefined;
  /** Share of the life, 0 to 0.5. */
  readonly jitter: number;
  /** Milliseconds before expiry; undefined: 10 % of the life, 60 s to 10 min. */
  readonly margin: number | undefined;
  /** Consumers ask for a new one when less than this is left, ms: it is there by then, though never before half of the life. */
  readonly window?: number;
  /** Preferred times; never at the price of expiry. `duration` in milliseconds. */
  readonly windows: readonly {
    readonly cron: string;
    readonly timezone: string | undefined;
    readonly duration: number;
  }[];
}
