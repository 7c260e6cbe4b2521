import { meanings, type Refusals } from "../refusals.ts";

const { denied, late, missingYet, stranger, unsure, wait } = meanings;

/** What keeps us from any server, as `CODE: message`; the codes are Node's. The last row takes what nobody foresaw. */
export const connectionRefusals: Refusals = [
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
  { ...denied, said: /^EACCES:/, hint: "let the user that rotate runs as open the server's socket" },
  {
    ...wait,
    said: /^ECONNREFUSED:/,
    hint: "nothing listens there: is the server running, and is the port right?",
  },
  { ...late, said: /^ETIMEDOUT:/, hint: "see whether a firewall stands between" },
  {
    ...stranger,
    said: /^(ERR_TLS_CERT_ALTNAME_INVALID|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?)|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT):/,
    hint: "give the server's authority as ca, or use the host name that is in its certificate",
  },
  {
    ...stranger,
    said: /^CERT_HAS_EXPIRED:/,
    hint: "renew the server's certificate, and see that this machine's clock is right",
  },
  { ...stranger, said: /^CERT_NOT_YET_VALID:/, hint: "see that this machine's clock is right" },
  { ...unsure, hint: "see that host and port are right, and that the server can be reached from here" },
];
