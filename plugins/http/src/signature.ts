import { createHmac } from "node:crypto";
import type { Secret } from "@rotate/plugin-kit";

/** What is signed: `body` are the very bytes sent, `now` is milliseconds since 1970. */
export interface Signed {
  readonly body: string;
  readonly secret: Secret;
  readonly now: number;
}

/**
 * The value of `x-rotate-signature`: `t=<unix seconds>,v1=<hex>`, where v1 is HMAC-SHA256 (RFC 2104) of `<t>.<body>` with the shared secret.
 * The receiver computes it anew over the raw body, compares in constant time, and refuses a `t` that is too old.
 */
export function signature({ body, secret, now }: Signed): string {
  const time = Math.floor(now / 1000);
  const digest = createHmac("sha256", secret.reveal()).update(`${time}.${body}`).digest("hex");
  return `t=${time},v1=${digest}`;
}
