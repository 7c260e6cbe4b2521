import type { DoubleAnswer, DoubleRequest } from "../http-double.ts";

/** An error of RFC 6749 §5.2, thrown by what finds it. */
export class OAuthRefusal extends Error {
  readonly status: number;
  readonly error: string;

  constructor(error: string, description: string, status = 400) {
    super(description);
    this.error = error;
    this.status = status;
  }
}

/** Ends a request with an error of RFC 6749 §5.2, RFC 8693 §2.2.2 or RFC 7009 §2.2.1. */
export function refuse(error: string, description: string, status = 400): never {
  throw new OAuthRefusal(error, description, status);
}

const noStore = { "cache-control": "no-store", pragma: "no-cache" };

/** A success of a token endpoint, which nobody may cache. */
export function granted(body: object): DoubleAnswer {
  return { status: 200, body, headers: noStore };
}

/** A refusal on the wire. Whoever tried the header is told of it (RFC 6749 §5.2). */
export function refused({ error, message, status }: OAuthRefusal, { headers }: DoubleRequest): DoubleAnswer {
  const byHeader = status === 401 && headers["authorization"] !== undefined;
  const challenge: Record<string, string> = byHeader ? { "www-authenticate": 'Basic realm="token"' } : {};
  return { status, body: { error, error_description: message }, headers: { ...noStore, ...challenge } };
}
