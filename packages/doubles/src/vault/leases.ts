import { randomBytes } from "node:crypto";
import { refuse } from "./envelope.ts";
import { cappedWarning } from "./tokens.ts";

/** What an engine says of something that it hands out under a lease. Lives in milliseconds. */
export interface LeaseSettings {
  readonly ttl: number;
  readonly maxTtl: number;
  readonly renewable: boolean;
  readonly extend?: (expiresAt: number) => Promise<void>;
  readonly revoke?: () => Promise<void>;
}

/** A lease as the server knows it. Instants in milliseconds. */
export interface LeaseRecord {
  readonly id: string;
  readonly path: string;
  /** The token that it dies with. */
  readonly token: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly renewedAt: number | null;
  readonly settings: LeaseSettings;
}

/** The leases of a server. Instants in ms since 1970. */
export interface LeaseStore {
  /** `end`: no lease outlives it (a batch token's own end), ms since 1970. */
  readonly create: (made: {
    readonly path: string;
    readonly token: string;
    readonly settings: LeaseSettings;
    readonly end?: number | undefined;
  }) => LeaseRecord;
  readonly find: (id: string) => LeaseRecord | undefined;
  /** Milliseconds asked for, from now. */
  readonly renew: (
    id: string,
    increment: number | undefined,
  ) => Promise<{ readonly lease: LeaseRecord; readonly warnings: readonly string[] }>;
  /** Succeeds when there is no such lease. */
  readonly revoke: (id: string) => Promise<void>;
  readonly revokeOf: (token: string) => Promise<void>;
  readonly ended: () => readonly string[];
  readonly all: () => readonly LeaseRecord[];
}

/** Leases in memory, by the clock given. `suffix` ends the ids of a namespace's leases. */
export function createLeaseStore(now: () => number, suffix: string): LeaseStore {
  const leases = new Map<string, LeaseRecord>();

  async function revoke(id: string): Promise<void> {
    await leases.get(id)?.settings.revoke?.();
    leases.delete(id);
  }
  return {
    create: ({ path, token, settings, end = Number.POSITIVE_INFINITY }) => {
      const id = `${path}/${randomBytes(18).toString("base64url")}${suffix}`;
      const expiresAt = Math.min(now() + Math.min(settings.ttl, settings.maxTtl), end);
      const lease = { id, path, token, issuedAt: now(), expiresAt, renewedAt: null, settings };
      leases.set(id, lease);
      return lease;
    },
    find: (id) => leases.get(id),
    renew: async (id, increment) => {
      const { lease, life, warnings } = renewal(leases.get(id), increment, now());
      const renewed = { ...lease, expiresAt: now() + life, renewedAt: now() };
      await lease.settings.extend?.(renewed.expiresAt);
      leases.set(id, renewed);
      return { lease: renewed, warnings };
    },
    revoke,
    revokeOf: async (token) => {
      for (const lease of leases.values()) if (lease.token === token) await revoke(lease.id);
    },
    ended: () => [...leases.values()].filter(({ expiresAt }) => expiresAt <= now()).map(({ id }) => id),
    all: () => [...leases.values()].filter(({ expiresAt }) => expiresAt > now()),
  };
}

/** The errors, in the server's order and words (vault/expiration.go), and the cap (sdk/framework/lease.go). */
function renewal(lease: LeaseRecord | undefined, increment: number | undefined, now: number) {
  if (lease === undefined) return refuse(400, "lease not found");
  const { ttl, maxTtl, renewable } = lease.settings;
  if (lease.expiresAt <= now) return refuse(400, "lease expired");
  if (!renewable) return refuse(400, "lease is not renewable");
  const cap = lease.issuedAt + maxTtl - now;
  if (cap <= 0) return refuse(400, "past the max TTL, cannot renew");
  const wanted = increment === undefined || increment === 0 ? ttl : increment;
  return { lease, life: Math.min(wanted, cap), warnings: wanted > cap ? [cappedWarning(wanted, cap)] : [] };
}
