/** The errors of PostgreSQL, of Node and of pg, and what each means. */
import { meanings, type Refusals } from "@rotate/plugin-kit";

const { denied, invalid, late, missing, missingYet, refused, refusedYet, stale, stranger, unsure, wait } = meanings;

/**
 * What the server refuses, as `SQLSTATE: message`. First the words that tell more than the SQLSTATE: the texts are those of the Lakebase gateway, as seen in issue threads.
 * Then the states (postgresql.org/docs/18/errcodes-appendix.html).
 */
export const serverRefusals: Refusals = [
  {
    ...stale,
    said: /external authorization failed/i,
    hint: "a new role takes up to a minute to arrive; later, see that the token is of this workspace and not expired",
  },
  {
    ...denied,
    said: /failed to decode token/i,
    hint: "the server wants an OAuth token that was minted for the database; a personal access token will not do",
  },
  { ...invalid, said: /invalid protocol version/i, hint: "this server speaks TLS only: set tls: verify-full" },
  { ...invalid, said: /no encryption|SSL off/i, hint: "this server wants TLS: set tls: verify-full" },
  {
    ...denied,
    said: /^28/,
    hint: "see that the identity has a role of this name that may log in, and that the password is its own",
  },
  { ...missing, said: /^3D000/, hint: "correct database, or create it" },
  {
    ...wait,
    said: /^57P03/,
    hint: "the server is starting, or waking from scale-to-zero: allow it more time with within",
  },
  { ...unsure, said: /^57P0/, hint: "the server is shut down, or somebody ended the connection" },
  { ...late, said: /^57014/, hint: "the query was cancelled: see statement_timeout" },
  { ...wait, said: /^53/, hint: "the server is out of connections, memory or disk space" },
  { ...unsure, said: /^08/, hint: "the connection broke: the server's log may say why" },
  { ...denied, said: /^42501/, hint: "grant the user what the query needs, or choose another query" },
  { ...invalid, said: /^42/, hint: "correct query" },
  { ...refusedYet, said: /^40/, hint: "it met another transaction: the next try may not" },
  { ...refused, hint: "see what the server says, and its log" },
];

const authority = "give the server's authority as ca, or use the host name that is in its certificate";

/** What keeps us from the server, as `CODE: message`: the codes are Node's, the words pg's, whose errors have none. */
export const systemRefusals: Refusals = [
  {
    ...missingYet,
    said: /^ENOTFOUND:/,
    hint: "see that the host name is right and that this machine can resolve it",
  },
  { ...wait, said: /^EAI_AGAIN:/, hint: "the name server did not answer" },
  {
    ...missingYet,
    said: /^ENOENT:/,
    hint: "no Unix socket is there: is the server running, and is host its socket directory?",
  },
  {
    ...wait,
    said: /^ECONNREFUSED:/,
    hint: "nothing listens there: is the server running, and is the port right?",
  },
  { ...late, said: /^ETIMEDOUT:/, hint: "see whether a firewall stands between" },
  {
    ...stranger,
    said: /^(ERR_TLS_CERT_ALTNAME_INVALID|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?)|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT):/,
    hint: authority,
  },
  {
    ...stranger,
    said: /^CERT_HAS_EXPIRED:/,
    hint: "renew the server's certificate, and see that this machine's clock is right",
  },
  { ...stranger, said: /^CERT_NOT_YET_VALID:/, hint: "see that this machine's clock is right" },
  { ...late, said: /timeout expired/, hint: "see whether a firewall stands between, or raise connectTimeout" },
  {
    ...invalid,
    said: /does not support SSL/,
    hint: "turn TLS on at the server; on a network that you trust, set tls: disable",
  },
  { ...stranger, said: /: SASL/, hint: "the server does not know this password, or is not the one that it says it is" },
  { ...unsure, hint: "see that host and port are right, and that the server can be reached from here" },
];
