import { Secret, type EndpointCredential } from "@rotate/plugin-kit";
import type { Masker, TemplateScope } from "@rotate/runtime";
import { environmentOf } from "../credential/environment.ts";
import type { Rotation } from "../loading/model.ts";
import { instant } from "../rotation/describe.ts";
import { toldEnd } from "../rotation/moment.ts";
import type { Offered, Shown } from "../rotation/offers.ts";
import type { RotationClock } from "../schedule/clock.ts";
import { endOf } from "../schedule/schedule.ts";
import { shortFingerprint } from "../store/fingerprint.ts";

/** What makes of an offer what endpoints get. */
export interface CredentialParts {
  readonly rotation: Pick<Rotation, "name" | "fields" | "sinks">;
  readonly masker: Masker;
  readonly clock: RotationClock;
}

/** An offer as endpoints get it. Its secrets are masked from now on. */
export function endpointCredential({ previous, ...current }: Shown, parts: CredentialParts): EndpointCredential {
  const isAlive = previous !== undefined && endOf(previous.lease) > parts.clock.now();
  const credential = { ...one(current, parts), ...(isAlive && { previous: one(previous, parts) }) };
  const { rotation, masker } = parts;
  const environment = environmentOf(rotation, scopeOf(credential));
  if (environment === undefined) return credential;
  const secrets = Object.entries(environment).map(([name, text]) => [name, masker.secret(text, name)] as const);
  return { ...credential, environment: Object.fromEntries(secrets) };
}

function one({ lease, fields }: Offered, { rotation, masker, clock }: CredentialParts): EndpointCredential {
  const end = toldEnd(lease, clock);
  const secrets = Object.entries(fields).map(([name, text]) => {
    if (rotation.fields[name]?.secret !== false) return [name, masker.secret(text, name)] as const;
    masker.exempt(text);
    return [name, new Secret(text, name)] as const;
  });
  return {
    rotation: rotation.name,
    fields: Object.fromEntries(secrets),
    declared: rotation.fields,
    leaseId: lease.id,
    fingerprint: shortFingerprint(lease.fingerprint),
    issuedAt: new Date(clock.wallAt(lease.issuedAt)),
    expiresAt: Number.isFinite(end) ? new Date(clock.wallAt(end)) : "never",
    remaining: () => Math.max(0, end - clock.now()),
  };
}

/** What templates of an endpoint's options see. */
export function scopeOf({ fields, issuedAt, expiresAt, previous }: EndpointCredential): TemplateScope {
  const ends = expiresAt === "never" ? expiresAt : instant(expiresAt.getTime());
  return {
    fields: textsOf(fields),
    lease: { issuedAt: instant(issuedAt.getTime()), expiresAt: ends },
    ...(previous && previous.remaining() > 0 && { previous: textsOf(previous.fields) }),
  };
}

function textsOf(fields: EndpointCredential["fields"]): TemplateScope["fields"] {
  return Object.fromEntries(Object.entries(fields).map(([name, secret]) => [name, secret.reveal()]));
}
