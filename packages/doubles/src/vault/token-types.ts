/** How tokens of a role are made. Lives in milliseconds. */
export interface TokenSettings {
  /** Default: 768 h. */
  readonly ttl?: number;
  /** The end of all renewals. Default: 768 h. */
  readonly maxTtl?: number;
  /** Each renewal gives this much again, without an end. */
  readonly period?: number;
  readonly explicitMaxTtl?: number;
  /** Beside `default`. */
  readonly policies?: readonly string[];
  /** Requests that the token is good for; 0: any number. */
  readonly numUses?: number;
  /** Default `service`. A batch token can neither be renewed nor revoked. */
  readonly type?: "service" | "batch";
  readonly renewable?: boolean;
}

/** A token that is there from the start. */
export interface PresetToken extends TokenSettings {
  readonly id: string;
  /** Neither ends nor is held back by a policy. */
  readonly root?: boolean;
}

/** A token as the store knows it. Instants and lives in milliseconds. */
export interface TokenRecord {
  readonly id: string;
  readonly accessor: string;
  readonly path: string;
  readonly displayName: string;
  readonly policies: readonly string[];
  readonly type: "service" | "batch";
  readonly createdAt: number;
  /** Null: never. */
  readonly expiresAt: number | null;
  /** What `expiresAt` was before any renewal. */
  readonly firstExpiresAt: number | null;
  /** Of the login that made it; null for one that another token made. */
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly renewedAt: number | null;
  readonly settings: TokenSettings;
  readonly renewable: boolean;
  /** Left; 0: any number. */
  readonly uses: number;
  readonly root: boolean;
}
