/** The errors of PostgreSQL, of Node and of pg, and what each means. */
import type { ErrorDetails } from "@rotate/plugin-kit";

/** What an error means for the engine, and what the reader can do. */
export type Reading = Pick<ErrorDetails, "code" | "retryable" | "hint">;

/** The server's own refusals, by the words that tell more than the SQLSTATE. The texts are those of the Lakebase gateway, as seen in issue threads. */
const byWords: readonly (readonly [RegExp, Reading])[] = [
  [
    /external authorization failed/i,
    reading(
      "DENIED",
      true,
      "a new role takes up to a minute to arrive; later, see that the token is of this workspace and not expired",
    ),
  ],
  [
    /failed to decode token/i,
    reading(
      "DENIED",
      false,
      "the server wants an OAuth token that was minted for the database; a personal access token will not do",
    ),
  ],
  [/invalid protocol version/i, reading("INVALID", false, "this server speaks TLS only: set tls: verify-full")],
  [/no encryption|SSL off/i, reading("INVALID", false, "this server wants TLS: set tls: verify-full")],
];

/** By SQLSTATE, longest prefix first (postgresql.org/docs/18/errcodes-appendix.html). */
const byState: readonly (readonly [string, Reading])[] = [
  [
    "28",
    reading(
      "DENIED",
      false,
      "see that the identity has a role of this name that may log in, and that the password is its own",
    ),
  ],
  ["3D000", reading("NOT_FOUND", false, "correct database, or create it")],
  [
    "57P03",
    reading(
      "UNAVAILABLE",
      true,
      "the server is starting, or waking from scale-to-zero: allow it more time with within",
    ),
  ],
  ["57P0", reading("UNAVAILABLE", true)],
  ["57014", reading("TIMEOUT", true, "the query was cancelled: see statement_timeout")],
  ["53", reading("UNAVAILABLE", true, "the server is out of connections, memory or disk space")],
  ["08", reading("UNAVAILABLE", true)],
  ["42501", reading("DENIED", false, "grant the user what the query needs, or choose another query")],
  ["42", reading("INVALID", false, "correct query")],
  ["40", reading("FAILED", true)],
];

const certificateHint = "give the server's authority as ca, or use the host name that is in its certificate";

/** By the code of a Node error. */
const byCode: Readonly<Record<string, Reading>> = {
  ENOTFOUND: reading("NOT_FOUND", true, "see that the host name is right and that this machine can resolve it"),
  EAI_AGAIN: reading("UNAVAILABLE", true, "the name server did not answer"),
  ENOENT: reading(
    "NOT_FOUND",
    true,
    "no Unix socket is there: is the server running, and is host its socket directory?",
  ),
  ECONNREFUSED: reading("UNAVAILABLE", true, "nothing listens there: is the server running, and is the port right?"),
  ETIMEDOUT: reading("TIMEOUT", true, "see whether a firewall stands between"),
  ERR_TLS_CERT_ALTNAME_INVALID: reading("BAD_ANSWER", false, certificateHint),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: reading("BAD_ANSWER", false, certificateHint),
  UNABLE_TO_GET_ISSUER_CERT: reading("BAD_ANSWER", false, certificateHint),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: reading("BAD_ANSWER", false, certificateHint),
  SELF_SIGNED_CERT_IN_CHAIN: reading("BAD_ANSWER", false, certificateHint),
  DEPTH_ZERO_SELF_SIGNED_CERT: reading("BAD_ANSWER", false, certificateHint),
  CERT_HAS_EXPIRED: reading(
    "BAD_ANSWER",
    false,
    "renew the server's certificate, and see that this machine's clock is right",
  ),
  CERT_NOT_YET_VALID: reading("BAD_ANSWER", false, "see that this machine's clock is right"),
};

/** By pg's own words: these errors have no code. */
const byDriver: readonly (readonly [RegExp, Reading])[] = [
  [/timeout expired/, reading("TIMEOUT", true, "see whether a firewall stands between, or raise connectTimeout")],
  [
    /does not support SSL/,
    reading("INVALID", false, "turn TLS on at the server; on a network that you trust, set tls: disable"),
  ],
  [
    /^SASL/,
    reading("BAD_ANSWER", false, "the server does not know this password, or is not the one that it says it is"),
  ],
];

const unreached = reading("UNAVAILABLE", true);
const failed = reading("FAILED", false);

/** What a refusal by the server means. @param state SQLSTATE @param words its message */
export function readServer(state: string, words: string): Reading {
  const spoken = byWords.find(([pattern]) => pattern.test(words));
  return (spoken ?? byState.find(([prefix]) => state.startsWith(prefix)))?.[1] ?? failed;
}

/** What an error of the system or of pg means. @param code that of a Node error, or nothing */
export function readSystem(code: string, words: string): Reading {
  return byCode[code] ?? byDriver.find(([pattern]) => pattern.test(words))?.[1] ?? unreached;
}

function reading(code: ErrorDetails["code"], retryable: boolean, hint?: string): Reading {
  return { code, retryable, hint };
}
