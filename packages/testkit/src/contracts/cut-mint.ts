import assert from "node:assert/strict";
import { isRotateError, type LeaseTerms, RotateError } from "@rotate/plugin-kit";
import type { TestContext } from "../context.ts";
import type { CutCall } from "../faults/fault.ts";
import { leaseFrom, loggedIn, mintOn, type ProviderHarness, type ProviderStage } from "./provider-scene.ts";

/** More messages than any mint sends: a harness whose call never ends is wrong. */
const mostMessages = 100;

/** How long `find` has, while the message is held back, to answer or to begin to wait. ms */
const headStart = 100;

/**
 * Cuts a mint off with its nth message and asks whether it made a lease, first while the message is on its way, then when it has arrived. Fails when the two
 * answers differ, or when the mint said that nothing lives and something does. What was made is revoked.
 * @returns false when the mint was done before its nth message
 */
export async function cutMint(harness: ProviderHarness, stage: ProviderStage, message: number): Promise<boolean> {
  assert.ok(message < mostMessages, `a mint ends within ${mostMessages} messages`);
  const { provider, cutAt, way } = harness;
  const leaseId = `rotate-test-cut-${String(message).padStart(8, "0")}`;
  const ctx = { ...(await loggedIn(harness, stage)), leaseId };
  const cut = cutAt?.(stage, message) ?? way?.(stage).cutAt(message);
  assert.ok(cut, "the harness cuts");
  const error = await errorOfCut(() => mintOn(harness, stage, ctx), cut);
  const find = async (): Promise<LeaseTerms | undefined> => provider.find?.(leaseId, await loggedIn(harness, stage));
  const early = find();
  await Promise.race([early.catch(() => undefined), pause(headStart)]);
  await cut.arrive();
  const [first, later] = [await early, await find()];
  const where = `of a mint that was cut off with its message ${message}`;
  assert.equal(first !== undefined, later !== undefined, `${where} find knew something else than when it had arrived`);
  assert.ok(later !== undefined || error !== undefined, `${where} find does not see the lease, and the mint succeeded`);
  assert.ok(later === undefined || error?.noEffect !== true, `${where} the error says that nothing lives, and it does`);
  if (later !== undefined) await assertDropped({ harness, stage }, later, ctx);
  return cut.reached();
}

/** What the mint threw; undefined when it was done before it was cut, or was cut while it took its leave. */
async function errorOfCut(mint: () => Promise<unknown>, cut: CutCall): Promise<RotateError | undefined> {
  try {
    await mint();
  } catch (error) {
    assert.ok(cut.reached(), `the mint failed before it was cut off: ${String(error)}`);
    assert.ok(isRotateError(error), `a mint that is cut off throws a RotateError: ${String(error)}`);
    return error;
  }
  return undefined;
}

interface On {
  readonly harness: ProviderHarness;
  readonly stage: ProviderStage;
}

/** What is found can be revoked, and is found no more. */
async function assertDropped({ harness, stage }: On, terms: LeaseTerms, ctx: TestContext): Promise<void> {
  if (harness.provider.revoke === undefined) return;
  await harness.provider.revoke(leaseFrom(terms, ctx), await loggedIn(harness, stage));
  assert.equal(await harness.provider.find?.(ctx.leaseId, ctx), undefined, "find sees a lease that was revoked");
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
