/** What a server says no to, as it says it: `CODE message` (redis.io/docs/latest/operate/oss_and_stack/management/security/acl). */
import { meanings, type Refusals } from "@rotate/plugin-kit";
import { connectionRefusals } from "@rotate/plugin-kit/databases";

const { denied, invalid, late, refused, unsure, wait } = meanings;

/** Of the server itself. A row without a hint takes what the caller advises. */
export const serverRefusals: Refusals = [
  {
    ...denied,
    said: /^(WRONGPASS|NOAUTH)/,
    hint: "the password of the user that rotate logs in with was changed, or the user is switched off",
  },
  { ...denied, said: /^NOPERM/ },
  {
    ...denied,
    said: /^DENIED/,
    hint: "the server runs in protected mode: give its default user a password, or bind it",
  },
  {
    ...invalid,
    said: /not configured to use an ACL file/,
    hint: "set aclfile in the server's configuration, or persist: none where a restart may lose the users",
  },
  { ...invalid, said: /modifier '/, hint: "correct rules: the server names the one that it does not know" },
  { ...invalid, said: /unknown command/i, hint: "users need Redis 6 or later, or Valkey" },
  {
    ...wait,
    said: /^(LOADING|BUSY|MASTERDOWN|TRYAGAIN|CLUSTERDOWN)/,
    hint: "the server is busy, or reads its data after a start",
  },
  { ...wait, said: /max number of clients/, hint: "the server takes no more connections: see maxclients" },
  { ...wait, said: /^MISCONF/, hint: "the server cannot write to its disk: see its log" },
  { ...refused, hint: "see what the server says, and its log" },
];

/** What keeps us from a server, as `CODE: message`: the codes are Node's, or the names of the client's errors. */
export const systemRefusals: Refusals = [
  {
    ...late,
    said: /^(ConnectionTimeoutError|SocketTimeoutError):/,
    hint: "see whether a firewall stands between, or raise connectTimeout",
  },
  {
    ...unsure,
    said: /^(SocketClosedUnexpectedlyError|DisconnectsClientError):/,
    hint: "the connection broke: does the server want TLS, or none?",
  },
  ...connectionRefusals,
];
