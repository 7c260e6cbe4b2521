import { isSecret, RotateError, type Fields, type FieldValues, type Minted } from "@rotate/plugin-kit";
import type { Rotation } from "../loading/model.ts";
import type { Fingerprint } from "../store/fingerprint.ts";
import type { HeldLogin } from "./login.ts";
import { localExpiry } from "./skew.ts";

/** A provider's answer that passed every check. Instants in ms since 1970. */
export interface Accepted {
  readonly fields: FieldValues<Fields>;
  readonly issuedAt: number;
  /** Null: never by itself. */
  readonly expiresAt: number | null;
  readonly renewable: boolean;
  readonly handle?: unknown;
  /** The end of the login that it dies with. */
  readonly diesAt?: number;
  /** The end of what the provider logs in with: after it nothing can be minted. */
  readonly refreshBy?: number;
  /** How far this machine's clock is ahead of the issuer's. */
  readonly skew: number;
}

/** How much shorter than asked a life may be: clocks differ, and answers take time. */
const shortfall = 60_000;

/** Checks an answer before it is believed: shape, life, characters. Throws BAD_ANSWER. */
export function acceptMinted(
  minted: Minted,
  about: {
    readonly rotation: Rotation;
    readonly requestedAt: number;
    readonly now: number;
    readonly skew: number;
    readonly login: HeldLogin | undefined;
  },
): Accepted {
  const { rotation, requestedAt, now, skew, login } = about;
  const fields = acceptFields(minted.fields, rotation.fields);
  const expiresAt = acceptExpiry(localExpiry(minted.expires, about), { ttl: rotation.ttl, requestedAt, now });
  const diesAt =
    minted.diesWithLogin && login !== undefined && login.expiresAt !== Infinity ? login.expiresAt : undefined;
  return {
    fields,
    issuedAt: requestedAt,
    expiresAt,
    skew,
    renewable: minted.renewable === true && rotation.provider.part.renew !== undefined,
    ...(minted.handle !== undefined && { handle: minted.handle }),
    ...(diesAt !== undefined && { diesAt }),
    ...(login?.bootstrapExpiresAt !== undefined && { refreshBy: login.bootstrapExpiresAt }),
  };
}

function acceptFields(values: FieldValues<Fields>, declared: Fields): FieldValues<Fields> {
  for (const name of Object.keys(values))
    if (!(name in declared)) throw badAnswer(`the answer has a field ${name} that the provider does not declare`);
  for (const [name, field] of Object.entries(declared)) {
    const value = values[name];
    if (value === undefined && field.optional) continue;
    if (value === undefined) throw badAnswer(`the answer has no ${name}`);
    if (field.secret && !isSecret(value)) throw badAnswer(`the field ${name} is secret but came as plain text`);
    refuseText(name, isSecret(value) ? value.reveal() : value, field.multiline === true);
  }
  return values;
}

function refuseText(name: string, text: string, multiline: boolean): void {
  if (text === "") throw badAnswer(`the field ${name} is empty`);
  const control = multiline ? /[\u0000-\u0009\u000b-\u001f\u007f]/ : /[\u0000-\u001f\u007f]/;
  const found = control.exec(text.replaceAll("\r\n", multiline ? "\n" : "\r\n"));
  if (found) throw badAnswer(`the field ${name} holds a control character (code ${found[0].codePointAt(0)})`);
}

function acceptExpiry(
  instant: number,
  { ttl, requestedAt, now }: { ttl: number | undefined; requestedAt: number; now: number },
): number | null {
  if (instant === Infinity) return null;
  if (!Number.isFinite(instant)) throw badAnswer("the answer's expiry is not an instant");
  if (instant <= now)
    throw badAnswer(
      `the credential had expired when it came (${new Date(instant).toISOString()})`,
      "compare the clock of this machine with the issuer's",
    );
  const missing = ttl === undefined ? 0 : ttl - (instant - requestedAt);
  if (ttl !== undefined && missing > shortfall && missing > ttl / 20) {
    const lives = Math.round((instant - requestedAt) / 1000);
    throw badAnswer(
      `asked for a life of ${Math.round(ttl / 1000)} s, got ${lives} s`,
      "ask for a `ttl` that the issuer grants, or leave it out",
    );
  }
  return instant;
}

function badAnswer(
  message: string,
  hint = "the issuer or its plugin answered what cannot be believed; nothing was written",
): RotateError {
  return new RotateError(message, { code: "BAD_ANSWER", retryable: true, hint, noEffect: false });
}

/** One fingerprint of all fields together: the same for the same credential. */
export function credentialFingerprint(fields: FieldValues<Fields>, fingerprint: Fingerprint): string {
  const texts = Object.entries(fields)
    .map(([name, value]) => [name, isSecret(value) ? value.reveal() : value])
    .toSorted(([a], [b]) => a!.localeCompare(b!));
  return fingerprint(JSON.stringify(texts));
}
