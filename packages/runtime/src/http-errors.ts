import { type ErrorDetails, RotateError } from "@rotate/plugin-kit";

interface Reading {
  readonly what: string;
  readonly hint: string;
  readonly code?: ErrorDetails["code"];
  readonly retryable?: boolean;
  /** Known by its code alone: nothing of the request was sent. */
  readonly unsent?: true;
}

const certificate = { retryable: false, unsent: true, what: "does not trust the certificate of" } as const;
const readings: Readonly<Record<string, Reading>> = {
  ENOTFOUND: { what: "cannot find the host", hint: "check the host name and this machine's DNS" },
  EAI_AGAIN: { what: "cannot look up the host", hint: "this machine's DNS does not answer; check the network" },
  ECONNREFUSED: { what: "connection refused by", hint: "is the service running, and is the port right?" },
  ENOENT: { what: "no socket to reach", hint: "is the service running, and is the socket's path right?" },
  EACCES: { what: "not allowed to open the socket to", hint: "give this user access to the socket" },
  EHOSTUNREACH: { what: "no route to", hint: "check the network and the firewall" },
  ENETUNREACH: { what: "no route to", hint: "check the network and the firewall" },
  ETIMEDOUT: { what: "no connection to", hint: "a firewall may be dropping the packets; check host and port" },
  EPROTO: { what: "no TLS with", hint: "the port may speak plain HTTP; check the URL's scheme and port" },
  ERR_SSL_WRONG_VERSION_NUMBER: { what: "no TLS with", hint: "the port may speak plain HTTP; check scheme and port" },
  CERT_HAS_EXPIRED: { ...certificate, hint: "it has expired: renew it, or check this machine's clock" },
  CERT_NOT_YET_VALID: { ...certificate, hint: "it is not valid yet: check this machine's clock" },
  ERR_TLS_CERT_ALTNAME_INVALID: { ...certificate, hint: "it is for another name: check the host, or set serverName" },
  DEPTH_ZERO_SELF_SIGNED_CERT: { ...certificate, hint: "it is self-signed: give its authority as ca" },
  SELF_SIGNED_CERT_IN_CHAIN: { ...certificate, hint: "a private authority made it: give that authority as ca" },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: { ...certificate, hint: "its chain is incomplete: give the authority as ca" },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: { ...certificate, hint: "its authority is unknown here: give it as ca" },
  UNABLE_TO_GET_ISSUER_CERT: { ...certificate, hint: "its chain is incomplete: give the authority as ca" },
  ERR_PROXY_INVALID_CONFIG: {
    what: "the proxy of the environment cannot be used to reach",
    hint: "check HTTP_PROXY and HTTPS_PROXY",
    retryable: false,
    unsent: true,
  },
  ERR_PROXY_TUNNEL: {
    what: "the proxy does not connect to",
    hint: "check HTTPS_PROXY, NO_PROXY and the proxy's rules",
    unsent: true,
  },
};

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function readingOf(code: string): Reading {
  const known = readings[code];
  if (known !== undefined) return known;
  if (code.startsWith("HPE_")) {
    return { what: "no HTTP from", code: "BAD_ANSWER", retryable: false, hint: "another protocol may be on this port" };
  }
  if (code.startsWith("ERR_SSL") || code.startsWith("ERR_TLS") || code.startsWith("ERR_OSSL")) {
    return { what: "no TLS with", retryable: false, hint: `TLS said ${code}; check the versions and the certificates` };
  }
  return { what: "no whole answer from", hint: "the connection broke; it may work a little later" };
}

/** Did it fail before a byte of the request was sent: looking the host up, connecting (to each of its addresses), or judging its certificate? */
function isUnsent(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.every(isUnsent);
  const syscall = error instanceof Error && "syscall" in error ? error.syscall : undefined;
  return syscall === "connect" || syscall === "getaddrinfo" || readings[codeOf(error)]?.unsent === true;
}

/**
 * What Node says of a request that got no answer, as a RotateError: UNAVAILABLE, or BAD_ANSWER when something answered that is not HTTP.
 * It says `noEffect` when the request was certainly never sent.
 * Built anew from the error's code, because Node's messages hold addresses and proxy passwords. `origin` is scheme, host and port.
 */
export function transportError(error: unknown, origin: string): RotateError {
  const code = codeOf(error);
  const { what, hint, code: kind = "UNAVAILABLE", retryable = true } = readingOf(code);
  const suffix = code === "" ? "" : ` (${code})`;
  const noEffect = isUnsent(error) ? { noEffect: true } : {};
  return new RotateError(`${what} ${origin}${suffix}`, { code: kind, retryable, hint, ...noEffect });
}
