import type { ErrorDetails } from "@rotate/plugin-kit";

/** What a kind of refusal means for the engine. */
const kinds = {
  /** The server does nothing now; a little later it may. */
  wait: { code: "UNAVAILABLE", retryable: true, noEffect: true },
  /** Something failed on the way; it may have taken effect. */
  unsure: { code: "UNAVAILABLE", retryable: true },
  limited: { code: "RATE_LIMITED", retryable: true },
  broken: { code: "UNAVAILABLE", retryable: false, noEffect: true },
  denied: { code: "DENIED", retryable: false },
  missing: { code: "NOT_FOUND", retryable: false },
  invalid: { code: "INVALID", retryable: false },
} as const satisfies Record<string, Omit<ErrorDetails, "hint">>;

type Row = readonly [status: number, said: RegExp | undefined, kind: keyof typeof kinds, hint: string];

const drSecondary = "the address is that of a disaster-recovery secondary; give the primary's";

/** First match wins. Statuses: Vault's API documentation; texts: openbao sdk/logical, internal/vault and internal/builtin. */
const rows: readonly Row[] = [
  [503, /sealed/i, "wait", "an operator must unseal the server; nothing was changed"],
  [503, /dr secondary/i, "wait", drSecondary],
  [503, undefined, "wait", "the cluster has no active node at the moment"],
  [472, undefined, "wait", drSecondary],
  [473, undefined, "wait", "a performance standby answered that cannot serve this; give the cluster's address"],
  [501, undefined, "broken", "the server is not initialized: is the address right?"],
  [412, undefined, "wait", "the node has not caught up with the active one; it may work a little later"],
  [429, /lease count/i, "limited", "the quota of leases is full: revoke leases nobody uses, or raise the quota"],
  [429, undefined, "limited", "a rate-limit quota holds us back"],
  [502, undefined, "unsure", "the system behind the engine (the database, the cloud) failed or is rate-limited"],
  [500, /is not an allowed role/, "denied", "add the role to allowed_roles of the database connection"],
  [
    500,
    undefined,
    "unsure",
    "the server's log says why; for a database engine: is the database up, and its root login right?",
  ],
  [404, /namespace/i, "missing", "check `namespace`"],
  [404, /no handler for route/, "missing", "nothing is mounted there: check the path and `namespace`"],
  [404, /versioned K\/V/, "missing", "use `type: vault-kv`, or write data/ after the mount"],
  [404, undefined, "missing", "nothing is there, or the token may not see it: check the path and `namespace`"],
  [405, undefined, "invalid", "this path takes the other method: set `method: read` or `method: write`"],
  [
    400,
    /unknown role|role .*not (be )?found|no static role|invalid role name/i,
    "missing",
    "check the role's name; names are case-sensitive",
  ],
  [
    400,
    /lease (not found|expired)|invalid lease/,
    "missing",
    "the lease is gone: it expired, was revoked, or died with its login",
  ],
  [
    400,
    /not renewable|past the max TTL|cannot be renewed/,
    "invalid",
    "it cannot be lengthened any more; a new one is needed",
  ],
  [400, undefined, "invalid", "the server takes other parameters: see what it says"],
  [413, undefined, "invalid", "the request is larger than the server takes"],
  [403, undefined, "denied", "the token is no longer valid, or its policies do not allow this"],
];

/** What a status and the words with it mean; empty for what nobody foresaw. */
export function readingOf(status: number, said: string): Partial<ErrorDetails> {
  const found = rows.find(([at, pattern]) => at === status && (pattern?.test(said) ?? true));
  return found === undefined ? {} : { ...kinds[found[2]], hint: found[3] };
}
