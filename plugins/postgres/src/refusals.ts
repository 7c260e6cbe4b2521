/** The errors of PostgreSQL, of Node and of pg, and what each means. */
import { meanings, type Refusals } from "@rotate/plugin-kit";
import { connectionRefusals } from "@rotate/plugin-kit/databases";

const { denied, invalid, late, missing, refused, refusedYet, stale, stranger, unsure, wait } = meanings;

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

/** What keeps us from the server, as `CODE: message`: the codes are Node's, the words pg's, whose errors have none. */
export const systemRefusals: Refusals = [
  { ...late, said: /timeout expired/, hint: "see whether a firewall stands between, or raise connectTimeout" },
  {
    ...invalid,
    said: /does not support SSL/,
    hint: "turn TLS on at the server; on a network that you trust, set tls: disable",
  },
  { ...stranger, said: /: SASL/, hint: "the server does not know this password, or is not the one that it says it is" },
  ...connectionRefusals,
];
