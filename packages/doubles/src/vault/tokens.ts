import { randomBytes } from "node:crypto";
import { refuse, shortDuration } from "./envelope.ts";
import type { PresetToken, TokenRecord, TokenSettings } from "./token-types.ts";

/** 768 h: what a server gives when nobody says otherwise. Milliseconds. */
export const systemTtl = 768 * 3_600_000;

interface Made {
  readonly path: string;
  readonly displayName: string;
  readonly settings: TokenSettings | PresetToken;
  readonly metadata: TokenRecord["metadata"];
}

/** The tokens of a server. Instants in ms since 1970. */
export interface TokenStore {
  readonly create: (made: Made) => TokenRecord;
  /** A token that lives, or undefined. */
  readonly find: (id: string | undefined) => TokenRecord | undefined;
  /** One use less. The last use ends the token once the request is over. */
  readonly use: (token: TokenRecord) => void;
  /** Milliseconds asked for, from now. Gives the token and the server's warnings. */
  readonly renew: (
    token: TokenRecord,
    increment: number | undefined,
  ) => { readonly token: TokenRecord; readonly warnings: readonly string[] };
  readonly remove: (id: string) => void;
  /** Ids of what has expired or is used up. */
  readonly ended: () => readonly string[];
  readonly all: () => readonly TokenRecord[];
}

/** Tokens in memory, by the clock given. */
export function createTokenStore(now: () => number, presets: readonly PresetToken[]): TokenStore {
  const tokens = new Map<string, TokenRecord>();
  const usedUp = new Set<string>();

  function put(token: TokenRecord): TokenRecord {
    tokens.set(token.id, token);
    return token;
  }
  function record(id: string, { path, displayName, settings, metadata }: Made): TokenRecord {
    const root = "root" in settings && settings.root;
    const batch = settings.type === "batch";
    const life = firstLife(settings);
    return {
      id,
      path,
      displayName,
      settings,
      metadata,
      renewedAt: null,
      root,
      accessor: batch ? "" : randomBytes(18).toString("base64url"),
      policies: root ? ["root"] : ["default", ...(settings.policies ?? [])].toSorted(),
      type: settings.type ?? "service",
      createdAt: now(),
      expiresAt: root ? null : now() + life,
      firstExpiresAt: root ? null : now() + life,
      renewable: !root && !batch && settings.renewable !== false,
      uses: settings.numUses ?? 0,
    };
  }
  for (const preset of presets)
    put(
      record(preset.id, { path: "auth/token/create-orphan", displayName: "token", settings: preset, metadata: null }),
    );

  function lives(token: TokenRecord): boolean {
    return !usedUp.has(token.id) && (token.expiresAt === null || token.expiresAt > now());
  }
  return {
    create: (made) => {
      const kind = made.settings.type === "batch" ? "hvb." : "hvs.";
      return put(record(`${kind}${randomBytes(24).toString("base64url")}`, made));
    },
    find: (id) => {
      const token = tokens.get(id ?? "");
      return token !== undefined && lives(token) ? token : undefined;
    },
    use: (token) => {
      if (token.uses === 1) usedUp.add(token.id);
      if (token.uses > 0) put({ ...token, uses: token.uses - 1 });
    },
    renew: (token, increment) => {
      const { life, warnings } = renewedLife(token, increment, now());
      return { token: put({ ...token, expiresAt: now() + life, renewedAt: now() }), warnings };
    },
    remove: (id) => void (tokens.delete(id), usedUp.delete(id)),
    ended: () => [...tokens.values()].filter((token) => !lives(token)).map(({ id }) => id),
    all: () => [...tokens.values()].filter(lives),
  };
}

function firstLife({ ttl = systemTtl, maxTtl = systemTtl, period, explicitMaxTtl }: TokenSettings): number {
  return Math.min(period ?? Math.min(ttl, maxTtl), explicitMaxTtl ?? Number.POSITIVE_INFINITY);
}

/** Counted from now, not added; capped at the end of all renewals (sdk/framework/lease.go). */
function renewedLife(token: TokenRecord, increment: number | undefined, now: number) {
  if (token.type === "batch") return refuse(400, "batch tokens cannot be renewed");
  if (!token.renewable) return refuse(400, "lease is not renewable");
  const { ttl = systemTtl, maxTtl = systemTtl, period, explicitMaxTtl } = token.settings;
  const age = now - token.createdAt;
  const cap = Math.min(
    period === undefined ? maxTtl - age : period,
    (explicitMaxTtl ?? Number.POSITIVE_INFINITY) - age,
  );
  const wanted = period ?? increment ?? ttl;
  if (cap <= 0) return refuse(400, "past the max TTL, cannot renew");
  const warnings = wanted > cap ? [cappedWarning(wanted, cap)] : [];
  return { life: Math.min(wanted, cap), warnings };
}

/** What the server warns of when it gives less than was asked for. */
export function cappedWarning(wanted: number, cap: number): string {
  const [asked, most] = [wanted, Math.round(cap / 1000) * 1000].map(shortDuration);
  return `TTL of "${asked}" exceeded the effective max_ttl of "${most}"; TTL value is capped accordingly`;
}

/** The `auth` of an answer: the life given, not what is left of it when the answer is written. */
export function authOf(token: TokenRecord): Readonly<Record<string, unknown>> {
  return {
    client_token: token.id,
    accessor: token.accessor,
    policies: token.policies,
    token_policies: token.policies,
    metadata: token.metadata,
    lease_duration: secondsLeft(token.expiresAt, token.renewedAt ?? token.createdAt),
    renewable: token.renewable,
    entity_id: "",
    token_type: token.type,
    orphan: true,
    mfa_requirement: null,
    num_uses: token.uses,
  };
}

/** Whole seconds until an instant; 0 without one. */
export function secondsLeft(expiresAt: number | null, now: number): number {
  return expiresAt === null ? 0 : Math.max(0, Math.floor((expiresAt - now) / 1000));
}
