/** What the server refuses to a role that makes users, as `SQLSTATE: message`. */
import { meanings, type Refusals } from "@rotate/plugin-kit";

const { conflict, denied, invalid, invalidYet, late, missing, raced, refused, unsure, wait } = meanings;

/** First what a word tells that its SQLSTATE does not; the states: postgresql.org/docs/18/errcodes-appendix.html. */
export const userRefusals: Refusals = [
  {
    ...invalid,
    said: /plaintext password/i,
    hint: "this server takes no verifier: set send: password, and mind that its log may then show passwords",
  },
  { ...raced, said: /^XX000: tuple concurrently/, hint: "somebody changed the same role at this moment" },
  {
    ...denied,
    said: /^28/,
    hint: "the password of the role that rotate logs in with was changed or has expired, or pg_hba.conf does not let it in from here",
  },
  { ...missing, said: /^3D000/, hint: "correct database, or create it" },
  { ...denied, said: /^42501/, hint: "`rotate plan` names the GRANT that is missing" },
  {
    ...missing,
    said: /^(3F000|42883)/,
    hint: "the ring is not set up in this database: see docs/plugins/postgres-user.md",
  },
  { ...missing, said: /^42704/, hint: "create the role that group or setRole names" },
  {
    ...conflict,
    said: /^42710/,
    hint: "a role of this name is there and is not ours: drop it, or choose another prefix",
  },
  {
    ...raced,
    said: /^2BP01/,
    hint: "the user can log in no more; in each database that the server's log names, run REASSIGN OWNED BY it TO the group, then DROP OWNED BY it",
  },
  { ...raced, said: /^55/, hint: "somebody holds a lock on these roles: look for a transaction that is left open" },
  { ...raced, said: /^40/, hint: "it met another transaction: the next try may not" },
  { ...invalidYet, said: /^25006/, hint: "this is a standby: let host name the primary" },
  {
    ...invalid,
    said: /^22/,
    hint: "the functions of the ring do not take this: see what they say, and which ttl they allow",
  },
  { ...wait, said: /^57P03/, hint: "the server is starting" },
  { ...unsure, said: /^(57P0|25P0|08)/, hint: "the connection was ended: the server's log may say why" },
  { ...late, said: /^57014/, hint: "the statement was cancelled: see statement_timeout" },
  { ...wait, said: /^53/, hint: "the server is out of connections, memory or disk space" },
  { ...refused, hint: "see what the server says, and its log" },
];
