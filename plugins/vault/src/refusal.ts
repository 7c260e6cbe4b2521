import { httpError, RotateError, type ErrorDetails, type HttpAnswer } from "@rotate/plugin-kit";
import type { VaultRequest } from "./wire.ts";

const texts = { type: "array", items: { type: "string" } } as const;
const errorBody = { type: "object", properties: { errors: texts }, required: ["errors"] } as const;
const warningBody = { type: "object", properties: { warnings: texts }, required: ["warnings"] } as const;

interface Reading extends Partial<ErrorDetails> {
  readonly status?: number;
  readonly said?: RegExp;
}

const again = { retryable: true, noEffect: true } as const;
const final = { retryable: false } as const;

/** What a status or a text means, first match wins. Statuses: Vault's API documentation; texts: openbao internal/vault and internal/builtin. */
const readings: readonly Reading[] = [
  {
    status: 503,
    said: /sealed/i,
    code: "UNAVAILABLE",
    ...again,
    hint: "an operator must unseal the server; nothing was changed",
  },
  {
    status: 503,
    said: /dr secondary/i,
    code: "UNAVAILABLE",
    ...again,
    hint: "the address is that of a disaster-recovery secondary; give the primary's",
  },
  { status: 503, code: "UNAVAILABLE", ...again, hint: "the cluster has no active node at the moment" },
  {
    status: 472,
    code: "UNAVAILABLE",
    ...again,
    hint: "the address is that of a disaster-recovery secondary; give the primary's",
  },
  {
    status: 473,
    code: "UNAVAILABLE",
    ...again,
    hint: "a performance standby answered that cannot serve this; give the cluster's address",
  },
  {
    status: 501,
    code: "UNAVAILABLE",
    ...final,
    noEffect: true,
    hint: "the server is not initialized: is the address right?",
  },
  {
    status: 412,
    code: "UNAVAILABLE",
    ...again,
    hint: "the node has not caught up with the active one; it may work a little later",
  },
  {
    status: 429,
    said: /lease count/i,
    code: "RATE_LIMITED",
    ...again,
    hint: "the quota of leases is full: revoke leases nobody uses, or raise the quota",
  },
  { status: 429, code: "RATE_LIMITED", ...again, hint: "a rate-limit quota holds us back" },
  {
    status: 502,
    code: "UNAVAILABLE",
    retryable: true,
    hint: "the system behind the engine (the database, the cloud) failed or is rate-limited",
  },
  {
    status: 500,
    said: /is not an allowed role/,
    code: "DENIED",
    ...final,
    hint: "add the role to allowed_roles of the database connection",
  },
  {
    status: 500,
    code: "UNAVAILABLE",
    retryable: true,
    hint: "the server's log says why; for a database engine: is the database up, and is its root credential right?",
  },
  { status: 404, said: /namespace/i, code: "NOT_FOUND", ...final, hint: "check `namespace`" },
  {
    status: 404,
    said: /no handler for route/,
    code: "NOT_FOUND",
    ...final,
    hint: "nothing is mounted there: check the path and `namespace`",
  },
  {
    status: 404,
    said: /versioned K\/V/,
    code: "NOT_FOUND",
    ...final,
    hint: "use `type: vault-kv`, or write data/ after the mount",
  },
  {
    status: 404,
    code: "NOT_FOUND",
    ...final,
    hint: "nothing is there, or the token may not see it: check the path and `namespace`",
  },
  {
    status: 405,
    code: "INVALID",
    ...final,
    hint: "this path takes the other method: set `method: read` or `method: write`",
  },
  {
    status: 400,
    said: /unknown role|role .* (not found|could not be found)|no static role|invalid role name/i,
    code: "NOT_FOUND",
    ...final,
    hint: "check the role's name; names are case-sensitive",
  },
  {
    status: 400,
    said: /lease (not found|expired)|invalid lease/,
    code: "NOT_FOUND",
    ...final,
    hint: "the lease is gone: it expired, was revoked, or died with its login",
  },
  {
    status: 400,
    said: /not renewable|past the max TTL|cannot be renewed/,
    code: "INVALID",
    ...final,
    hint: "it cannot be lengthened any more; a new one is needed",
  },
  { status: 413, code: "INVALID", ...final, hint: "the request is larger than the server takes" },
  { status: 403, code: "DENIED", ...final, hint: "the token is no longer valid, or its policies do not allow this" },
];

/** An answer that is no success, as a RotateError that names the path. */
export function refusal(
  { verb, path }: Pick<VaultRequest, "verb" | "path">,
  answer: HttpAnswer,
  override: Partial<ErrorDetails> = {},
): RotateError {
  const said = saidBy(answer);
  const found = readings.find(({ status, said: pattern }) => status === answer.status && (pattern?.test(said) ?? true));
  const { status: _status, said: _said, ...details } = found ?? {};
  const what = `cannot ${verb === "GET" ? "read" : "write"} ${path}`;
  return httpError(said === "" ? what : `${what}: ${said}`, answer, { ...details, ...override });
}

/** What an answer says went wrong, in one line: its errors, else its warnings, else what a proxy wrote. */
export function saidBy(answer: HttpAnswer): string {
  const lines = answer.tryJson(errorBody)?.errors ?? answer.tryJson(warningBody)?.warnings ?? [plainText(answer)];
  return lines
    .map(oneLine)
    .filter((line) => line !== "")
    .join("; ")
    .slice(0, 400);
}

function plainText(answer: HttpAnswer): string {
  if (answer.tryJson({ type: "object" }) !== undefined) return "";
  return /html/i.test(answer.headers.get("content-type") ?? "") ? "a web page answered" : answer.text();
}

/** The server lists errors on lines of their own, with a count before them (go-multierror). */
function oneLine(text: string): string {
  return text
    .replaceAll(/\d+ errors? occurred:/g, " ")
    .replaceAll(/\s*\*\s+/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
}
