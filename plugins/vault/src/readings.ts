import { meanings, type Refusals } from "@rotate/plugin-kit";

const { broken, denied, invalid, limited, missing, stranger, unsure, wait } = meanings;

const drSecondary = "the address is that of a disaster-recovery secondary; give the primary's";
const database = "the server's log says why; for a database engine: is the database up, and its root login right?";

/** Whatever was asked. */
const always: Refusals = [
  { ...wait, status: 503, said: /sealed/i, hint: "an operator must unseal the server; nothing was changed" },
  { ...wait, status: 503, said: /dr secondary/i, hint: drSecondary },
  { ...wait, status: 503, hint: "the cluster has no active node at the moment" },
  { ...wait, status: 472, hint: drSecondary },
  {
    ...wait,
    status: 473,
    hint: "a performance standby answered that cannot serve this; give the cluster's address",
  },
  { ...broken, status: 501, hint: "the server is not initialized: is the address right?" },
  { ...wait, status: 412, hint: "the node has not caught up with the active one; it may work a little later" },
  {
    ...limited,
    status: 429,
    said: /lease count/i,
    hint: "the quota of leases is full: revoke leases nobody uses, or raise the quota",
  },
  { ...limited, status: 429, hint: "a rate-limit quota holds us back" },
  {
    ...denied,
    status: 500,
    said: /is not an allowed role/,
    hint: "add the role to allowed_roles of the database connection",
  },
  {
    ...wait,
    status: 500,
    said: /unable to (start transaction|get connection)|error verifying connection|failed to connect to|connection refused|no such host|no route to host|network is unreachable|the database system is/i,
    hint: "the engine cannot reach the system behind it, and has made nothing: is the database up, and its root login right?",
  },
  {
    ...broken,
    status: 500,
    said: /failed to execute query: ERROR: .*SQLSTATE (22|23|28|42)/,
    hint: "the database refuses the role's creation statements, and nothing was made: an operator must correct them, or the rights of the root login",
  },
  { ...wait, status: 500, said: /read-?only/i, hint: "a node answered that may not write; give the cluster's address" },
  {
    ...unsure,
    status: 502,
    hint: "the system behind the engine (the database, the cloud) failed or is rate-limited",
  },
  { ...unsure, status: 408, hint: database },
  { ...unsure, status: [500, 599], hint: database },
  { ...missing, status: 404, said: /namespace/i, hint: "check `namespace`" },
  {
    ...missing,
    status: 404,
    said: /no handler for route/,
    hint: "nothing is mounted there: check the path and `namespace`",
  },
  { ...missing, status: 404, said: /versioned K\/V/, hint: "use `type: vault-kv`, or write data/ after the mount" },
  {
    ...missing,
    status: 404,
    hint: "nothing is there, or the token may not see it: check the path and `namespace`",
  },
  { ...invalid, status: 405, hint: "this path takes the other method: set `method: read` or `method: write`" },
];

const rest: Refusals = [
  { ...invalid, status: 413, hint: "the request is larger than the server takes" },
  {
    ...denied,
    status: [401, 403],
    hint: "the token is no longer valid, or its policies do not allow this",
  },
  { ...invalid, status: [400, 499], hint: "see what the server says, and its documentation" },
  { ...stranger, hint: "a proxy or login page may stand between: check the address" },
];

/**
 * What Vault and OpenBao refuse. Statuses: Vault's API documentation; texts: openbao sdk/logical, internal/vault and internal/builtin.
 * A database engine makes its user in a transaction of the database: what fails before it has begun has made nothing.
 */
export const refusals: Refusals = [
  ...always,
  {
    ...missing,
    status: 400,
    said: /unknown role|role .*not (be )?found|no static role|invalid role name/i,
    hint: "check the role's name; names are case-sensitive",
  },
  {
    ...missing,
    status: 400,
    said: /lease (not found|expired)|invalid lease/,
    hint: "the lease is gone: it expired, was revoked, or died with its login",
  },
  {
    ...invalid,
    status: 400,
    said: /not renewable|past the max TTL|cannot be renewed/,
    hint: "it cannot be lengthened any more; a new one is needed",
  },
  { ...invalid, status: 400, hint: "the server takes other parameters: see what it says" },
  ...rest,
];

/** What `sys/health` says of a node that does not serve (developer.hashicorp.com/vault/api-docs/system/health). */
export const healthRefusals: Refusals = [
  { ...wait, status: 429, hint: "give the cluster's address" },
  { ...wait, status: 472, hint: "give the address of the primary" },
  { ...wait, status: 473, hint: "give the cluster's address" },
  { ...broken, status: 501, hint: "is the address right?" },
  { ...wait, status: 503, hint: "an operator must unseal it" },
  { ...wait, hint: "look at the server's log" },
];

const operator = "an operator must drop it, or correct the role's revocation_statements";

/** What the revocation of a lease refuses: the engine's own error comes as 400. Until it is done the credential lives. */
export const revokeRefusals: Refusals = [
  {
    ...denied,
    status: 403,
    hint: 'grant it in a policy: path "sys/leases/revoke" { capabilities = ["update"] }',
  },
  {
    ...unsure,
    status: 400,
    said: /cannot be dropped because|SQLSTATE 2BP01/,
    hint: `objects in the database belong to the user: the role's revocation_statements must REASSIGN OWNED and DROP OWNED first; ${operator}`,
  },
  {
    ...unsure,
    status: 400,
    said: /failed to connect to|connection refused|no such host/,
    hint: "the engine cannot reach the system behind it: is it up?",
  },
  { ...unsure, status: 400, hint: `the engine could not revoke it: ${operator}` },
  ...always,
  ...rest,
];

/** The same of a certificate. */
export const certificateRefusals: Refusals = [
  {
    ...missing,
    status: 400,
    hint: "the role keeps no certificates (no_store), so that this one only expires",
  },
  ...always,
  ...rest,
];
