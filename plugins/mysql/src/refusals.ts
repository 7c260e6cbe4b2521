/** What the servers refuse, as `ERRNO: message`. One table: where the two differ, they have numbers of their own. */
import { meanings, type Refusals } from "@rotate/plugin-kit";
import { connectionRefusals } from "@rotate/plugin-kit/databases";

const { conflict, denied, invalid, invalidYet, late, missing, raced, refused, stranger, unsure, wait } = meanings;

/** dev.mysql.com/doc/mysql-errors, mariadb.com/docs/server/reference/error-codes. A row without a hint takes what the caller advises. */
export const serverRefusals: Refusals = [
  {
    ...invalid,
    said: /^1290: .*(strict|password)/i,
    hint: "a plugin of the server checks passwords and takes no verifier: set send: password, and mind that its logs may then show passwords",
  },
  {
    ...invalidYet,
    said: /^(1290|1836|1792):/,
    hint: "this server is read-only: let host name the one that is written to",
  },
  {
    ...denied,
    said: /^(1045|1698|3118|4151):/,
    hint: "the password of the user that rotate logs in with was changed, or the user is locked, or may not come from here",
  },
  { ...denied, said: /^(1044|1142|1143|1227|1370|1410|1095|3530):/ },
  { ...missing, said: /^(1959|3523):/, hint: "create the role, and grant it to rotate's own user with admin option" },
  { ...missing, said: /^(1049|1133):/, hint: "create the database or the user that the server names" },
  {
    ...conflict,
    said: /^1396:/,
    hint: "a user of this name is there and is not ours: drop it, or choose another prefix",
  },
  {
    ...raced,
    said: /^4006:/,
    hint: "the user can log in no more, and something is defined by it: give what the server names another DEFINER",
  },
  {
    ...raced,
    said: /^(1205|1213|3572):/,
    hint: "it met another transaction, or somebody holds a lock: the next try may not",
  },
  {
    ...invalid,
    said: /^1819:/,
    hint: "the server's rule for passwords refuses this one: see validate_password, or set send: verifier",
  },
  {
    ...invalid,
    said: /^(1524|1470|1827|1372|3955|3878):/,
    hint: "the server has not the way to log in that is asked for, or takes no such name or verifier",
  },
  { ...wait, said: /^(1040|1203|1226):/, hint: "the server takes no more connections" },
  { ...late, said: /^(1317|1969|3024):/, hint: "the statement was ended: the server's log may say why" },
  {
    ...unsure,
    said: /^(1053|1927|3169|1152|1153|1158|1159|1160|1161|1184):/,
    hint: "the server is shut down, or somebody ended the connection",
  },
  { ...refused, hint: "see what the server says, and which version it is" },
];

/** What keeps us from a server, as `CODE: message`: the codes are Node's and those of mysql2. */
export const systemRefusals: Refusals = [
  { ...unsure, said: /^PROTOCOL_CONNECTION_LOST:/, hint: "the connection broke: the server's log may say why" },
  {
    ...invalid,
    said: /^HANDSHAKE_NO_SSL_SUPPORT:/,
    hint: "turn TLS on at the server; on a network that you trust, set tls: disable",
  },
  {
    ...stranger,
    said: /^HANDSHAKE_SSL_ERROR: .*(expired|not yet valid)/i,
    hint: "renew the server's certificate, and see that this machine's clock is right",
  },
  {
    ...stranger,
    said: /^HANDSHAKE_SSL_ERROR: .*(certificate|altnames)/i,
    hint: "give the server's authority as ca, or use the host name that is in its certificate",
  },
  ...connectionRefusals,
];
