/** What is promised of a provider whose messages meet faults, and whose issuer does what issuers do. */
import assert from "node:assert/strict";
import { isRotateError, type Minted, type RotateError } from "@rotate/plugin-kit";
import { busyFor, type Fault } from "../faults/fault.ts";
import type { TestContext } from "../context.ts";
import { assertNoLeak, contextOn } from "./contract.ts";
import { hangEach, shortLimit } from "./failures.ts";
import {
  assertLive,
  lifeOf,
  loggedIn,
  mintOn,
  type ProviderHarness,
  type ProviderRule,
  type ProviderStage,
  requestOf,
} from "./provider-scene.ts";

/** More messages than a login and a mint send. */
const enough = 40;

function hasWay({ way }: ProviderHarness): boolean {
  return way !== undefined;
}

interface Spoiled {
  readonly minted?: Minted;
  readonly error?: RotateError;
  readonly ctx: TestContext;
}

/** Logs in and mints while the nth message meets a fault. Undefined: there was no such message. */
async function mintThrough(
  harness: ProviderHarness,
  stage: ProviderStage,
  { message, fault }: { readonly message: number; readonly fault: Fault },
): Promise<Spoiled | undefined> {
  const leaseId = `rotate-test-${fault}-${String(message).padStart(8, "0")}`;
  const spoilt = harness.way?.(stage).spoil(message, fault);
  const ctx = { ...contextOn(harness.provider.options, stage), leaseId };
  try {
    const minted = await mintOn(harness, stage, { ...ctx, login: await harness.provider.login?.(ctx) });
    return spoilt?.struck() === true ? { minted, ctx } : undefined;
  } catch (error) {
    const where = `a mint whose message ${message} met the fault \`${fault}\``;
    assert.ok(spoilt?.struck(), `the mint failed without a fault: ${String(error)}`);
    assert.ok(isRotateError(error), `${where} threw something that is not a RotateError: ${String(error)}`);
    assert.ok(error.hint, `${where}: the error has no hint that says what to do: ${error.message}`);
    await assertNoLeak(stage.secrets ?? [], ctx, { "the error": [error, error.message, error.hint, error.stack] });
    return { error, ctx };
  } finally {
    spoilt?.forget();
  }
}

/** Tries each message of a login and a mint, until there is none. */
async function eachMessage(
  harness: ProviderHarness,
  stage: ProviderStage,
  {
    fault,
    judge,
  }: { readonly fault: Fault; readonly judge: (spoiled: Spoiled, where: string) => Promise<void> | void },
): Promise<void> {
  for (let message = 1; message <= enough; message += 1) {
    const spoiled = await mintThrough(harness, stage, { message, fault });
    if (spoiled === undefined) return;
    const where = `a mint whose message ${message} met the fault \`${fault}\``;
    // An answer that nobody needed was spoilt.
    if (spoiled.minted !== undefined)
      await assertLive(harness, stage, { minted: spoiled.minted, live: true, when: `after ${where}` });
    await judge(spoiled, where);
  }
  assert.fail(`a mint of ${enough} messages and more cannot be spoilt one by one`);
}

const outages: readonly string[] = ["UNAVAILABLE", "TIMEOUT", "BAD_ANSWER", "FAILED"];

/** An outage that looks like a refusal is not tried again; a lease that lives is not "nothing". */
async function judgeOutage(
  harness: ProviderHarness,
  stage: ProviderStage,
  spoiled: Spoiled & { readonly where: string },
): Promise<void> {
  const { error, ctx, where } = spoiled;
  if (error === undefined) return;
  assert.ok(outages.includes(error.code), `${where} looks like a refusal: ${error.code}, ${error.message}`);
  if (error.code === "UNAVAILABLE" || error.code === "TIMEOUT")
    assert.equal(error.retryable, true, `${where} is not tried again: ${error.message}`);
  if (!error.noEffect || harness.provider.find === undefined) return;
  const found = await harness.provider.find(ctx.leaseId, await loggedIn(harness, stage));
  assert.equal(found, undefined, `${where}: the error says that nothing lives, and find sees a lease`);
}

/** What is left of a life, told by an instant of the issuer's clock or by a length. ms */
async function lifeBy(minted: Minted, ctx: TestContext, ahead: number | undefined): Promise<number> {
  const skew = minted.expires instanceof Date ? (ahead ?? 0) : 0;
  return lifeOf(minted.expires, ctx.now() + skew);
}

/** Mints, and tells how far the issuer's clock is ahead by the `Date` of its answers, as the engine does. ms; undefined: it told no time */
async function mintMeasured(
  harness: ProviderHarness,
  stage: ProviderStage,
): Promise<{ readonly minted: Minted; readonly ctx: TestContext; readonly ahead: number | undefined }> {
  let ahead: number | undefined;
  const ctx = await loggedIn(harness, stage);
  const http: TestContext["http"] = async (...request) => {
    const answer = await ctx.http(...request);
    const told = Date.parse(answer.headers.get("date") ?? "");
    if (Number.isFinite(told)) ahead = told - ctx.now();
    return answer;
  };
  return { minted: await mintOn(harness, stage, { ...ctx, http }), ctx, ahead };
}

/** Clocks and answers take time. ms */
const tolerance = 5_000;
/** What the issuer gives, in place of what was asked for. ms */
const shortLife = 120_000;
/** By which the issuer's clock is off. ms */
const skew = 600_000;

async function checkSkew(harness: ProviderHarness, stage: ProviderStage, by: number): Promise<void> {
  await harness.skew?.(stage, by);
  const { minted, ctx, ahead } = await mintMeasured(harness, stage);
  const { ttl } = requestOf(harness, stage) as { readonly ttl?: unknown };
  const life = await lifeBy(minted, ctx, ahead);
  const how = `with the issuer's clock ${Math.abs(by) / 60_000} minutes ${by > 0 ? "ahead" : "behind"}`;
  const why = "give `{ in: milliseconds }`, or let the engine see the issuer's `Date` by asking with `ctx.http`";
  assert.ok(typeof ttl === "number", "the stage asks for a `ttl`");
  assert.ok(Math.abs(life - ttl) <= 60_000, `${how}, a life of ${ttl} ms was told as ${life} ms: ${why}`);
}

/** What they are promised. */
export const providerFaultRules: readonly ProviderRule[] = [
  {
    id: "provider-fault-busy",
    name: "tells a busy issuer from a refusal, and when to come back, at each message of a mint",
    why: "429 is RATE_LIMITED, retryable, with the `retryAfter` of the answer; `httpError` reads it so. As a refusal it would not be tried again; without the time it would be tried too soon.",
    applies: hasWay,
    check: (harness, stage) =>
      eachMessage(harness, stage, {
        fault: "busy",
        judge({ error }, where) {
          if (error === undefined) return;
          const { code, retryable, retryAfter } = error;
          assert.deepEqual(
            { code, retryable, retryAfter },
            { code: "RATE_LIMITED", retryable: true, retryAfter: busyFor },
            where,
          );
        },
      }),
  },
  {
    id: "provider-fault-outage",
    name: "takes an outage, a lost answer or a spoilt one for what it is, at each message of a mint",
    why: "After a refusal nobody tries again, and what is said to have had no effect is not looked for. UNAVAILABLE, TIMEOUT or BAD_ANSWER leave the doubt; `httpError`, `readAnswer` and what `ctx.http` throws say so by themselves.",
    applies: hasWay,
    check: async (harness, stage) => {
      for (const fault of ["broken", "drop", "cut", "half", "page"] as const)
        await eachMessage(harness, stage, {
          fault,
          judge: (spoiled, where) => judgeOutage(harness, stage, { ...spoiled, where }),
        });
    },
  },
  {
    id: "provider-fault-hang",
    name: "ends with its signal at whichever message of a mint the issuer falls silent",
    why: "The first message often has a time limit and the second none. Hand `ctx.signal` to whatever waits.",
    applies: hasWay,
    check: async (harness, stage) => {
      await hangEach(harness.way?.(stage), "mint", async () =>
        mintOn(harness, stage, await loggedIn(harness, stage, shortLimit)),
      );
    },
  },
  {
    id: "provider-issuer-short",
    name: "tells the life that the issuer gave, where that is shorter than asked",
    why: "The schedule goes by what is told. A life that was asked for and not given ends in an outage.",
    applies: ({ shorten }) => shorten !== undefined,
    check: async (harness, stage) => {
      await harness.shorten?.(stage, shortLife);
      const { minted, ctx, ahead } = await mintMeasured(harness, stage);
      const life = await lifeBy(minted, ctx, ahead);
      assert.ok(life <= shortLife + tolerance, `the issuer gave ${shortLife} ms, ${life} ms were told`);
    },
  },
  {
    id: "provider-issuer-skew",
    name: "tells the life right, though the issuer's clock is ahead or behind",
    why: "An instant is the issuer's: it is read against the `Date` of its answers, which the engine sees where `ctx.http` asked. Who asks otherwise gives `{ in: milliseconds }`.",
    applies: ({ skew: hook }) => hook !== undefined,
    check: async (harness, stage) => {
      await checkSkew(harness, stage, skew);
      await checkSkew(harness, stage, -skew);
    },
  },
  {
    id: "provider-issuer-same",
    name: "gives a credential that the issuer gives again as it is: the same fields, the same handle, what is left of its life",
    why: "The engine knows a repeated credential by its fields and its handle: then nothing is written and nothing revoked. A handle that is made up for each call has it revoke what is in use.",
    applies: ({ repeat }) => repeat !== undefined,
    check: async (harness, stage) => {
      const first = await mintOn(harness, stage, await loggedIn(harness, stage));
      await harness.repeat?.(stage);
      const ctx = { ...(await loggedIn(harness, stage)), leaseId: "rotate-test-000000000002" };
      const again = await mintOn(harness, stage, ctx);
      assert.deepEqual(textsOf(again), textsOf(first), "the fields differ");
      assert.deepEqual(again.handle, first.handle, "the handles differ");
      const [before, now] = [lifeOf(first.expires, ctx.now()), lifeOf(again.expires, ctx.now())];
      assert.ok(!(now > before + tolerance), "the life begins anew with each answer");
    },
  },
];

function textsOf({ fields }: Minted): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === "string" ? value : value.reveal()]),
  );
}
