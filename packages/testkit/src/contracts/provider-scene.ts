/** What the sentences about providers have in common: a login, a mint, a look at what came of it. */
import assert from "node:assert/strict";
import {
  type Expires,
  type Fields,
  type FieldValues,
  isSecret,
  type Lease,
  type LeaseTerms,
  type Minted,
  type Provider,
} from "@rotate/plugin-kit";
import type { TestContext } from "../context.ts";
import { withDefaults } from "../defaults.ts";
import type { CutCall, Way } from "../faults/fault.ts";
import { contextOn, type Harness, type Rule, type Stage } from "./contract.ts";

/** A working issuer for one test. */
export interface ProviderStage extends Stage {
  /** A valid request, as the plugin gets it; defaults may be left out. */
  readonly request?: Readonly<Record<string, unknown>>;
}

/** What `providerContract` needs to know of a provider. */
export interface ProviderHarness<S extends ProviderStage = ProviderStage> extends Harness<S> {
  readonly provider: Provider;
  /** For a provider whose `check` asks nobody, because asking would mint: the same stage with something missing on this side. */
  readonly unready?: (stage: S) => S;
  /** The connection of the next call breaks with its nth message (from 1), which the issuer gets late. For a provider with `find`. */
  readonly cutAt?: (stage: S, message: number) => CutCall;
  /** The way to the issuer, on which every message of a mint is spoilt in every way, one after another: `openHttpWay` gives one. */
  readonly way?: (stage: S) => Way;
  /** From now on the issuer gives at most so many milliseconds of life, whatever it is asked for. */
  readonly shorten?: (stage: S, milliseconds: number) => Promise<void> | void;
  /** From now on the issuer's clock is so many milliseconds ahead of the machine's; negative: behind. It tells it by `Date`, and in the expiries that it gives. */
  readonly skew?: (stage: S, milliseconds: number) => Promise<void> | void;
  /** The next mint is given the credential of the one before, as an issuer with a cache does. */
  readonly repeat?: (stage: S) => Promise<void> | void;
  /** Does the issuer still accept this credential? Without it nothing is said about revoke's effect and overlap. */
  readonly isLive?: (stage: S, fields: Readonly<Record<string, string>>) => Promise<boolean> | boolean;
}

/** A sentence about providers. */
export type ProviderRule = Rule<ProviderHarness, ProviderStage>;

/** The stage's request with the schema's defaults. */
export function requestOf({ provider }: ProviderHarness, { request = {} }: ProviderStage): unknown {
  return provider.request === undefined ? request : withDefaults(provider.request, request);
}

/** What the provider declares for this request. */
export function fieldsOf(harness: ProviderHarness, stage: ProviderStage): Fields {
  const { fields } = harness.provider;
  return typeof fields === "function" ? fields(requestOf(harness, stage)) : fields;
}

/** A context with a login of its own, as another process would have it. */
export async function loggedIn(
  { provider }: ProviderHarness,
  stage: ProviderStage,
  timeout?: number,
): Promise<TestContext> {
  const ctx = contextOn(provider.options, stage, timeout);
  return { ...ctx, login: await provider.login?.(ctx) };
}

/** Mints on the stage. Throws what the provider throws. */
export async function mintOn(harness: ProviderHarness, stage: ProviderStage, ctx: TestContext): Promise<Minted> {
  return harness.provider.mint(requestOf(harness, stage), ctx);
}

function revealed(fields: FieldValues<Fields>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, isSecret(value) ? value.reveal() : value]),
  );
}

/** Every text that must not be seen: what was minted, and what was minted from. */
export function secretTexts(minted: Minted, stage: ProviderStage): readonly string[] {
  const fresh = Object.values(minted.fields)
    .filter(isSecret)
    .map((secret) => secret.reveal());
  return [...fresh, ...(stage.secrets ?? [])];
}

/** Milliseconds of life from `now` on. Fails when it is no expiry at all. */
export function lifeOf(expires: Expires, now: number): number {
  if (expires === "never") return Number.POSITIVE_INFINITY;
  const life = expires instanceof Date ? expires.getTime() - now : expires.in;
  assert.ok(Number.isFinite(life), "`expires` is a Date, { in: milliseconds } or never");
  assert.ok(life > 0, "the credential has expired before it was used");
  return life;
}

/** The lease as the journal gives it back: the handle has been JSON. */
export function leaseFrom(terms: LeaseTerms, ctx: TestContext): Lease {
  const life = lifeOf(terms.expires, ctx.now());
  const handle: unknown = terms.handle === undefined ? undefined : JSON.parse(JSON.stringify(terms.handle));
  const expiresAt = Number.isFinite(life) ? new Date(ctx.now() + life) : "never";
  return { id: ctx.leaseId, issuedAt: new Date(ctx.now()), expiresAt, handle };
}

/** Fails when a minted value is not what its declaration says. */
export function assertField(name: string, value: unknown, field: Fields[string] | undefined): void {
  assert.ok(field, `${name} is minted but not declared in fields`);
  assert.equal(
    isSecret(value),
    field.secret,
    `${name} is ${field.secret ? "a Secret" : "plain text"} by its declaration`,
  );
  const text = isSecret(value) ? value.reveal() : value;
  assert.equal(typeof text, "string", `${name} is text`);
  assert.notEqual(text, "", `${name} is not empty`);
  const allowed = field.multiline === true ? /^[^\0-\x09\x0b-\x1f\x7f]*$/ : /^[^\0-\x1f\x7f]*$/;
  assert.match(String(text), allowed, `${name} holds no control character`);
}

/** Fails when the terms of a lease cannot be kept. `now` in milliseconds since 1970. */
export function assertTerms({ provider }: ProviderHarness, terms: LeaseTerms, now: number): void {
  lifeOf(terms.expires, now);
  if (terms.renewable === true) assert.ok("renew" in provider, "a renewable lease needs `renew`");
}

/** Fails when the issuer accepts the credential although it should not, or the other way round. Without `isLive` nobody knows. */
export async function assertLive(
  harness: ProviderHarness,
  stage: ProviderStage,
  expected: { readonly minted: Minted; readonly live: boolean; readonly when: string },
): Promise<void> {
  const live = await harness.isLive?.(stage, revealed(expected.minted.fields));
  if (live !== undefined)
    assert.equal(live, expected.live, `the credential ${expected.live ? "works" : "no longer works"} ${expected.when}`);
}
