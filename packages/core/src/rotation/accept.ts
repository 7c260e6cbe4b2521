import {
  isSecret,
  RotateError,
  type ErrorDetails,
  type Fields,
  type FieldValues,
  type Minted,
} from "@rotate/plugin-kit";
import type { Runtime } from "@rotate/runtime";
import type { Rotation } from "../loading/model.ts";
import type { Fingerprint } from "../store/fingerprint.ts";
import type { LeaseTermsRecord } from "../store/records.ts";
import { acceptHandle } from "./handle.ts";
import type { HeldLogin } from "./login.ts";
import { endOn, type AskedAt } from "./skew.ts";

/** A provider's answer that passed every check. Instants of rotation time in ms. */
export interface Accepted extends Omit<LeaseTermsRecord, "fingerprint" | "sinkFingerprints"> {
  readonly fields: FieldValues<Fields>;
  /** What its reader should know of it; it is taken all the same. */
  readonly warnings: readonly string[];
}

/** How much shorter than asked a life may be before it is told: clocks differ, and answers take time. */
const shortfall = 60_000;
/** A credential that lives shorter cannot be kept fresh. ms */
const shortestLife = 5_000;

/** Checks an answer before it is believed: shape, life, characters. Throws BAD_ANSWER. */
export function acceptMinted(
  minted: Minted,
  about: {
    readonly rotation: Rotation;
    /** Before it was asked for. */
    readonly asked: AskedAt;
    /** Rotation time, ms. */
    readonly now: number;
    readonly skew: number | undefined;
    readonly login: HeldLogin | undefined;
    readonly masker: Runtime["masker"];
    /** The issuer gave it before: it may be near its end. */
    readonly known: boolean;
  },
): Accepted {
  const { rotation, asked, skew, login } = about;
  const told = skew === undefined ? undefined : asked.wall - skew;
  const { time } = asked;
  const fields = acceptFields(minted.fields, rotation.fields);
  const { expiresAt, warnings } = acceptExpiry(minted, { ...about, ttl: rotation.ttl });
  const diesAt =
    minted.diesWithLogin && login !== undefined && login.expiresAt !== Infinity ? login.expiresAt : undefined;
  const end = Math.min(expiresAt ?? Infinity, diesAt ?? Infinity);
  const life = Number.isFinite(end) ? end - time : null;
  const period = acceptPeriod(minted.period);
  return {
    fields,
    issuedAt: time,
    asOf: time,
    expiresAt,
    given: life,
    span: life,
    warnings,
    ...(told !== undefined && { told }),
    renewable: minted.renewable === true && rotation.provider.part.renew !== undefined,
    ...(period !== undefined && { period }),
    ...acceptHandle(minted, about),
    ...(diesAt !== undefined && { diesAt }),
    ...(login?.bootstrapExpiresAt !== undefined && { refreshBy: login.bootstrapExpiresAt }),
  };
}

function acceptPeriod(period: number | undefined): number | undefined {
  if (period === undefined || (Number.isFinite(period) && period > 0)) return period;
  throw badAnswer("the answer's period is not a length of time");
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

const beforeNow = "compare the clock of this machine with the issuer's";
const noTimeLeft =
  "the issuer's answer leaves it no time: was it kept somewhere on the way, or is its unit another one?";

/** A life that is shorter than asked works, and is scheduled by what was given: told, not refused. */
function acceptExpiry(
  { expires, period }: Minted,
  about: { ttl: number | undefined; asked: AskedAt; skew: number | undefined; now: number; known: boolean },
): { readonly expiresAt: number | null; readonly warnings: readonly string[] } {
  const { ttl, asked, skew, now, known } = about;
  if (expires === "never") return { expiresAt: null, warnings: [] };
  const end = endOn(expires, asked, skew);
  if (end === Infinity)
    return {
      expiresAt: null,
      warnings: [
        "the credential ends in more than ten years: it counts as never-ending, say when to refresh it (`every` or `cron`)",
      ],
    };
  if (end <= now)
    throw badAnswer(`the credential had expired when it came (${seconds(now - end)} before)`, {
      hint: expires instanceof Date ? beforeNow : noTimeLeft,
      // It may have been kept somewhere on the way: the next one may be new.
      retryable: true,
    });
  const life = end - asked.time;
  // A value that the issuer changes in place may be near its end by chance.
  if (life < shortestLife && period === undefined && !known)
    throw badAnswer(`the credential lives ${seconds(life)}: nobody can keep that fresh`, {
      hint: `ask for a \`ttl\` of at least ${seconds(shortestLife)}`,
    });
  const missing = ttl === undefined ? 0 : ttl - life;
  const short = ttl !== undefined && period === undefined && missing > shortfall && missing > ttl / 20;
  return {
    expiresAt: end,
    warnings: short
      ? [`asked for a life of ${seconds(ttl)}, got ${seconds(life)}: it is refreshed by what was given`]
      : [],
  };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}

/** The next answer would be of the same kind, and each may leave a credential upstream: such an answer is not asked for again and again. */
function badAnswer(
  message: string,
  {
    hint = "the issuer or its plugin answered what cannot be believed; nothing was written",
    retryable = false,
  }: Partial<Pick<ErrorDetails, "hint" | "retryable">> = {},
): RotateError {
  return new RotateError(message, { code: "BAD_ANSWER", retryable, hint, noEffect: false });
}

/** One fingerprint of all fields together: the same for the same credential. @param like one that it is compared with */
export function credentialFingerprint(fields: FieldValues<Fields>, fingerprint: Fingerprint, like?: string): string {
  const texts = Object.entries(fields)
    .map(([name, value]) => [name, isSecret(value) ? value.reveal() : value])
    .toSorted(([a], [b]) => compareNames(a!, b!));
  return fingerprint(JSON.stringify(texts), like);
}

/**
 * The order that English has for letters, digits, `_` and `-`, of which the names of fields are made. A locale's own would give other fingerprints in another locale, and to load
 * one costs more than a mint.
 */
export function compareNames(one: string, other: string): number {
  const [a, b] = [one, other].map((name) => name.toLowerCase().replaceAll("_", " ")) as [string, string];
  if (a !== b) return a < b ? -1 : 1;
  return one === other ? 0 : one > other ? -1 : 1;
}
