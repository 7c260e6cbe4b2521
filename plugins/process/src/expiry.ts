import { badAnswer, type Expires, isSecret, type Text } from "@rotate/plugin-kit";
import { endOfJwt } from "@rotate/plugin-kit/tokens";
import type { Request } from "./request.ts";

/** What is known when the expiry is decided. */
export interface ExpiryParts {
  /** What the output says. */
  readonly stated: Expires | undefined;
  readonly fields: Readonly<Record<string, Text | undefined>>;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** An RFC 3339 instant. Throws BAD_ANSWER for anything else. */
export function instant(text: string): Date {
  const time = Date.parse(text);
  // `Date.parse` takes much more than RFC 3339, in the local time zone.
  if (!Number.isNaN(time) && /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:?\d\d)$/.test(text))
    return new Date(time);
  throw badAnswer("the expiry in the output is not an RFC 3339 time", "it reads like 2030-01-31T12:00:00Z");
}

/** Read without checking the signature: only the issuer's word on when they end. */
function jwtExpiries(fields: ExpiryParts["fields"]): readonly Date[] {
  const secrets = Object.values(fields).filter(isSecret);
  return secrets.flatMap((secret) => endOfJwt(secret.reveal()) ?? []);
}

function timeOf(expires: Exclude<Expires, "never">, now: number): number {
  return expires instanceof Date ? expires.getTime() : now + expires.in;
}

function earliest(stated: Expires | undefined, jwts: readonly Date[], now: number): Expires | undefined {
  if (jwts.length === 0) return stated;
  const times = jwts.map(Number);
  return new Date(Math.min(...(stated === undefined || stated === "never" ? times : [...times, timeOf(stated, now)])));
}

/** The earliest of what the output says and of the `exp` of each JWT in it; else what the request says to assume. Throws BAD_ANSWER when nobody says anything. */
export function expiryOf(asked: Request, { stated, fields, now }: ExpiryParts): Expires {
  const known = earliest(stated, jwtExpiries(fields), now);
  if (known !== undefined) return known;
  if (asked.expiresIn !== undefined) return { in: asked.expiresIn };
  if (asked.neverExpires) return "never";
  throw badAnswer(
    "the output does not say when the credential expires",
    "set `expiresIn` in the request, or `neverExpires: true` with `refresh: { every: … }`",
  );
}
