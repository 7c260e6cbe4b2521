import { type ErrorCode, RotateError } from "@rotate/plugin-kit";

interface Reading {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly hint: string;
}

const readings: Readonly<Record<string, Reading>> = {
  EAUTH: { code: "DENIED", retryable: false, hint: "check username and password of the mail account" },
  ENOAUTH: { code: "DENIED", retryable: false, hint: "the server asks for a login: give `username` and `password`" },
  EENVELOPE: { code: "INVALID", retryable: false, hint: "does the server know these addresses, and may `from` send?" },
  EMESSAGE: { code: "INVALID", retryable: false, hint: "see in the server's log why it refused the message" },
  ETLS: {
    code: "INVALID",
    retryable: false,
    hint: "does the server speak TLS on this port, with a trusted certificate?",
  },
  EDNS: { code: "UNAVAILABLE", retryable: true, hint: "check the host name and this machine's DNS" },
  ETIMEDOUT: { code: "TIMEOUT", retryable: true, hint: "a firewall may be dropping the packets" },
};
const away: Reading = {
  code: "UNAVAILABLE",
  retryable: true,
  hint: "does the mail server run, and is the port right?",
};

/**
 * What a failed sending means. Codes are nodemailer's, replies SMTP's: 4yz may succeed later (RFC 5321 §4.2.1). Of the server's words nothing is shown: it was
 * given the password.
 */
export function explain(
  error: unknown,
  { place, signal }: { readonly place: string; readonly signal: AbortSignal },
): RotateError {
  if (signal.aborted) return toError(`${place} took no message in time`, readings["ETIMEDOUT"] ?? away);
  const { code = "", responseCode } = error as { readonly code?: string; readonly responseCode?: number };
  const reading = readings[code] ?? away;
  const isLater = responseCode !== undefined && responseCode >= 400 && responseCode < 500;
  const said = responseCode === undefined ? code : `${code}, SMTP ${responseCode}`;
  const told = `${place} took no message (${said || "no reason given"})`;
  return toError(told, isLater ? { ...reading, code: "UNAVAILABLE", retryable: true } : reading);
}

function toError(message: string, reading: Reading): RotateError {
  return new RotateError(message, reading);
}
