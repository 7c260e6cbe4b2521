import assert from "node:assert/strict";
import { isSecret } from "@rotate/plugin-kit";
import { readBySchema } from "@rotate/runtime";
import { assertNoLeak, assertPart, contextOn, defineContract, type Suite, type TestApi } from "./contract.ts";
import { cutMint } from "./cut-mint.ts";
import { assertObeysSignal, assertRefused, shortLimit } from "./failures.ts";
import { providerFaultRules } from "./provider-faults.ts";
import {
  assertField,
  assertLive,
  assertTerms,
  fieldsOf,
  leaseFrom,
  lifeOf,
  loggedIn,
  mintOn,
  type ProviderHarness,
  type ProviderRule,
  type ProviderStage,
  requestOf,
  secretTexts,
} from "./provider-scene.ts";

/** Of the issuer's clock and ours, milliseconds. */
const allowedSkew = 60_000;

const shape: readonly ProviderRule[] = [
  {
    id: "provider-schema",
    name: "describes options, request and handle in the schema subset",
    why: "Specs are checked against these schemas, and editors complete from them. What is outside rotate's part of JSON Schema would be ignored, so it is refused.",
    check: ({ provider }) => assertPart("providers", provider),
  },
  {
    id: "provider-fields-pure",
    name: "declares what it mints, the same each time",
    why: "Templates are checked against `fields` before anything is minted. An answer that changes from call to call would let a spec pass that fails at its first rotation.",
    check: (harness, stage) => {
      const fields = fieldsOf(harness, stage);
      assert.deepEqual(fields, fieldsOf(harness, stage), "fields is pure");
      assert.ok(Object.keys(fields).length > 0, "at least one field is declared");
      for (const [name, field] of Object.entries(fields)) {
        assert.match(name, /^[A-Za-z][A-Za-z0-9_]*$/, `${name} can be named in a template`);
        assert.ok(field.description, `${name} has a description`);
      }
    },
  },
  {
    id: "provider-mints-declared",
    name: "mints exactly the declared fields, secret ones as Secret",
    why: "A field that is missing leaves a template without its value; one that is not declared has no rule by which it is masked.",
    check: async (harness, stage) => {
      const declared = fieldsOf(harness, stage);
      const { fields } = await mintOn(harness, stage, await loggedIn(harness, stage));
      for (const [name, value] of Object.entries(fields)) assertField(name, value, declared[name]);
      const missing = Object.keys(declared).filter((name) => declared[name]?.optional !== true && !(name in fields));
      assert.deepEqual(missing, [], "declared but not minted");
    },
  },
  {
    id: "provider-masks",
    name: "masks what it mints from the moment it has it",
    why: "Wrap what comes off the wire by `ctx.secret` before anything else is done with it: then no log line and no error can show it.",
    check: async (harness, stage) => {
      const ctx = await loggedIn(harness, stage);
      const minted = await mintOn(harness, stage, ctx);
      for (const text of Object.values(minted.fields)
        .filter(isSecret)
        .map((secret) => secret.reveal())) {
        assert.ok(!ctx.mask(`x ${text} x`).includes(text), "wrap what comes off the wire by ctx.secret");
      }
    },
  },
  {
    id: "provider-expires",
    name: "says honestly how long the credential lives",
    why: "The schedule believes `expires`. A life that is told too long ends in an outage; where the outside gives less than was asked for, say what it gave.",
    check: async (harness, stage) => {
      const ctx = await loggedIn(harness, stage);
      const minted = await mintOn(harness, stage, ctx);
      assertTerms(harness, minted, ctx.now());
      const { ttl } = requestOf(harness, stage) as { readonly ttl?: unknown };
      if (typeof ttl !== "number") return;
      assert.ok(lifeOf(minted.expires, ctx.now()) >= ttl - allowedSkew, "the life is shorter than the request's ttl");
    },
  },
  {
    id: "provider-handle",
    name: "keeps in the handle only what its schema says and JSON can carry",
    why: "The handle is all that `revoke` and `renew` have in a later process and in a later version of the plugin.",
    check: async (harness, stage) => {
      const { handle } = await mintOn(harness, stage, await loggedIn(harness, stage));
      if (handle === undefined) return;
      assert.ok(harness.provider.handle, "a handle needs its schema");
      assert.deepEqual(JSON.parse(JSON.stringify(handle)), handle, "the handle survives JSON");
      const { faults } = readBySchema({ additionalProperties: false, ...harness.provider.handle }, handle);
      assert.deepEqual(faults, [], "the handle fits its schema");
    },
  },
  {
    id: "provider-no-leak",
    name: "gives no secret away in log, login, lease terms or handle",
    why: "Logs are shipped, and the handle lies in the state. A secret there has left by another door.",
    check: async (harness, stage) => {
      const ctx = await loggedIn(harness, stage);
      const minted = await mintOn(harness, stage, ctx);
      const plain = Object.fromEntries(Object.entries(minted.fields).filter(([, value]) => !isSecret(value)));
      const shown = {
        "the handle": minted.handle,
        "what was minted": minted,
        "plain fields": plain,
        "the login": ctx.login,
      };
      await assertNoLeak(secretTexts(minted, stage), ctx, shown);
    },
  },
];

const failing: readonly ProviderRule[] = [
  {
    id: "provider-refused",
    name: "throws a RotateError with a hint when the issuer refuses",
    why: "Without a code the engine cannot know whether to try again; without a hint people cannot know what to do.",
    check: async (harness, stage) => {
      await harness.refuse(stage);
      const ctx = contextOn(harness.provider.options, stage);
      const mint = async (): Promise<unknown> =>
        mintOn(harness, stage, { ...ctx, login: await harness.provider.login?.(ctx) });
      await assertRefused(mint, { what: "mint", ctx, secrets: stage.secrets });
    },
  },
  {
    id: "provider-signal",
    name: "ends a mint with its signal when the issuer is silent",
    why: "A call that outlives its time limit holds the rotation's lock. Hand `ctx.signal` to whatever waits; `ctx.http`, `ctx.exec` and `ctx.sleep` have it already.",
    applies: ({ hang }) => hang !== undefined,
    check: async (harness, stage) => {
      await harness.hang?.(stage);
      await assertObeysSignal(async () => mintOn(harness, stage, await loggedIn(harness, stage, shortLimit)), "mint");
    },
  },
  {
    id: "provider-check",
    name: "finds out before a mint that it could not work",
    why: "`plan` and the preflight ask `check` so that nothing is minted in vain.",
    applies: ({ provider }) => provider.check !== undefined,
    check: async (harness, stage) => {
      const { provider, unready } = harness;
      await provider.check?.(await loggedIn(harness, stage), requestOf(harness, stage));
      if (unready === undefined) await harness.refuse(stage);
      const later = unready?.(stage) ?? stage;
      const ctx = contextOn(provider.options, later);
      const check = async (): Promise<unknown> =>
        provider.check?.({ ...ctx, login: await provider.login?.(ctx) }, requestOf(harness, later));
      await assertRefused(check, { what: "check", ctx, secrets: stage.secrets });
    },
  },
];

const leases: readonly ProviderRule[] = [
  {
    id: "provider-overlap",
    name: "mints credentials that work, the earlier one still beside the later",
    why: "Consumers hold the earlier credential until they are reloaded. Where a mint kills it, say `overlap: false`.",
    applies: ({ isLive }) => isLive !== undefined,
    check: async (harness, stage) => {
      const ctx = await loggedIn(harness, stage);
      const first = await mintOn(harness, stage, ctx);
      await assertLive(harness, stage, { minted: first, live: true, when: "after its mint" });
      const second = await mintOn(harness, stage, { ...ctx, leaseId: "rotate-test-000000000002" });
      await assertLive(harness, stage, { minted: second, live: true, when: "after its mint" });
      if (harness.provider.overlap !== false)
        await assertLive(harness, stage, { minted: first, live: true, when: "after the next mint" });
    },
  },
  {
    id: "provider-revoke",
    name: "revokes from the handle alone, in any process, and again when it is gone",
    why: "A revocation is owed work: it may be done by another process, days later, and more than once.",
    applies: ({ provider }) => provider.revoke !== undefined,
    check: async (harness, stage) => {
      const ctx = await loggedIn(harness, stage);
      const minted = await mintOn(harness, stage, ctx);
      const lease = leaseFrom(minted, ctx);
      await harness.provider.revoke?.(lease, await loggedIn(harness, stage));
      await assertLive(harness, stage, { minted, live: false, when: "after revoke" });
      await harness.provider.revoke?.(lease, await loggedIn(harness, stage));
    },
  },
  {
    id: "provider-revoke-value",
    name: "revokes a credential that is shown to it, and again when it is gone",
    why: "It may be asked for twice: what is gone is what was wanted.",
    applies: ({ provider }) => provider.revokeValue !== undefined,
    check: async (harness, stage) => {
      const ctx = await loggedIn(harness, stage);
      const minted = await mintOn(harness, stage, ctx);
      await harness.provider.revokeValue?.(minted.fields, ctx);
      await assertLive(harness, stage, { minted, live: false, when: "after revokeValue" });
      await harness.provider.revokeValue?.(minted.fields, ctx);
    },
  },
  {
    id: "provider-revoke-refused",
    name: "throws a RotateError with a hint when the issuer refuses to revoke",
    why: "A revocation that failed in silence leaves a live credential that nobody knows of.",
    applies: ({ provider }) => provider.revoke !== undefined,
    check: async (harness, stage) => {
      const ctx = await loggedIn(harness, stage);
      const minted = await mintOn(harness, stage, ctx);
      await harness.refuse(stage);
      const revoke = async (): Promise<unknown> => harness.provider.revoke?.(leaseFrom(minted, ctx), ctx);
      await assertRefused(revoke, { what: "revoke", ctx, secrets: secretTexts(minted, stage) });
    },
  },
  {
    id: "provider-renew",
    name: "renews a lease from its handle, and says how long it lives then",
    why: "A renewal happens in any later process, and the schedule goes by the terms that it answers.",
    applies: ({ provider }) => provider.renew !== undefined,
    check: async (harness, stage) => {
      const ctx = await loggedIn(harness, stage);
      const minted = await mintOn(harness, stage, ctx);
      if (minted.renewable !== true) return;
      const terms = await harness.provider.renew?.(leaseFrom(minted, ctx), await loggedIn(harness, stage));
      assert.ok(terms, "renew gives the new terms");
      assertTerms(harness, terms, ctx.now());
      await assertLive(harness, stage, { minted, live: true, when: "after renew" });
    },
  },
  {
    id: "provider-find",
    name: "finds a lease whose answer was lost by our id, and none that never was",
    why: "After a crash the engine asks by the lease id that it noted before the mint. A wrong `none` leaves a live credential; a wrong answer revokes somebody else's.",
    applies: ({ provider }) => provider.find !== undefined,
    check: async (harness, stage) => {
      const ctx = await loggedIn(harness, stage);
      assert.equal(
        await harness.provider.find?.("rotate-test-000000000009", ctx),
        undefined,
        "find sees a lease that never was",
      );
      const minted = await mintOn(harness, stage, ctx);
      const found = await harness.provider.find?.(ctx.leaseId, await loggedIn(harness, stage));
      assert.ok(found, "find does not see the lease that was minted");
      assertTerms(harness, found, ctx.now());
      await assertNoLeak(secretTexts(minted, stage), ctx, { "what find tells": found });
    },
  },
  {
    id: "provider-find-late",
    name: "knows of a mint that was cut off whether it made a lease, however late it arrives",
    why: "A mint whose connection broke may still arrive. Let `find` wait for it, or end it.",
    applies: ({ provider, cutAt, way }) => provider.find !== undefined && (cutAt ?? way) !== undefined,
    check: async (harness, stage) => {
      for (let message = 1; await cutMint(harness, stage, message); message += 1);
    },
  },
];

/** The sentences of the contract, for those who run them without a test runner. */
export const providerRules: readonly ProviderRule[] = [...shape, ...failing, ...providerFaultRules, ...leases];

const contract = defineContract(providerRules, ({ provider }) => `provider ${provider.type} keeps the contract`);

/**
 * Tests that a provider keeps the contract of the plugin kit, one for each sentence that concerns it.
 *
 * ```ts
 * import { describe, test } from "vitest";
 * providerContract({ describe, test }, {
 *   provider,
 *   start: async () => ({ ...(await startIssuer()), options: { url, password: secretRef("…") }, secrets: ["…"] }),
 *   refuse: (stage) => stage.issuer.failNext({ status: 403 }),
 *   hang: (stage) => stage.issuer.goSilent(),
 *   isLive: (stage, { token }) => stage.issuer.accepts(token),
 * });
 * ```
 */
export function providerContract<S extends ProviderStage>(api: TestApi, harness: ProviderHarness<S>): void {
  contract.register(api, harness as unknown as ProviderHarness);
}

/** The same contract without a test runner, for `runSuites`. */
export function providerSuite<S extends ProviderStage>(harness: ProviderHarness<S>): Suite {
  return contract.suite(harness as unknown as ProviderHarness);
}
