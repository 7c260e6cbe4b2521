/** How an entry of `serve` stands, in the process that has it open. */
export interface EndpointReport {
  readonly name: string;
  readonly type: string;
  readonly rotations: readonly string[];
  /** The socket's path, or `127.0.0.1:9911`. */
  readonly address: string;
  readonly state: "listening" | "failing";
  /** Why it does not listen. */
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
  /** How many sessions use which lease; of endpoints that know their sessions. */
  readonly sessions?: readonly { readonly lease: string; readonly count: number }[];
  /** Who was turned away since the start, by reason. */
  readonly refusals: readonly { readonly reason: string; readonly count: number }[];
}
