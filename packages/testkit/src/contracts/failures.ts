import assert from "node:assert/strict";
import { isRotateError, type RotateError } from "@rotate/plugin-kit";
import type { TestContext } from "../context.ts";
import type { Way } from "../faults/fault.ts";
import { assertNoLeak } from "./contract.ts";

/** What a call threw. Fails when it did not throw. */
async function thrownBy(call: () => Promise<unknown>, what: string): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  return assert.fail(`${what} succeeded although the outside refused`);
}

/** Fails unless it is a RotateError as the kit asks for: with a hint, lower case, no full stop. */
function assertRotateError(error: unknown, what: string): asserts error is RotateError {
  assert.ok(isRotateError(error), `${what} threw something that is not a RotateError: ${String(error)}`);
  assert.equal(typeof error.retryable, "boolean", `${what}: retryable is decided, true or false`);
  assert.ok(error.hint, `${what}: the error has no hint that says what to do: ${error.message}`);
  assert.match(
    error.message,
    /^[^A-Z]|^[A-Z]{2}|^[A-Z]\w*[A-Z]/,
    `${what}: a message starts in lower case: ${error.message}`,
  );
  assert.doesNotMatch(error.message, /\.$/, `${what}: a message ends without a full stop`);
}

/** Fails unless the call is refused by a good RotateError that gives no secret away. */
export async function assertRefused(
  call: () => Promise<unknown>,
  {
    what,
    ctx,
    secrets = [],
  }: { readonly what: string; readonly ctx: TestContext; readonly secrets: readonly string[] | undefined },
): Promise<RotateError> {
  const error = await thrownBy(call, what);
  assertRotateError(error, what);
  await assertNoLeak(secrets, ctx, { "the error": [error, error.message, error.hint, error.stack] });
  return error;
}

/** The time limit of a call in `assertObeysSignal`, milliseconds. */
export const shortLimit = 250;
const patience = 2500;

/** What a call came to: what it threw, `done`, or `late` when it goes on after its signal. */
async function outcomeOf(call: () => Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), patience);
  });
  const ended = call().then(
    () => "done",
    (error: unknown) => error,
  );
  try {
    return await Promise.race([late, ended]);
  } finally {
    clearTimeout(timer);
  }
}

/** Fails unless a call whose outside is silent ends soon after its signal (a context with `shortLimit`) by a RotateError. */
export async function assertObeysSignal(call: () => Promise<unknown>, what: string): Promise<void> {
  const ended = await outcomeOf(call);
  assert.notEqual(ended, "done", `${what} succeeded although the outside refused`);
  assertEnded(ended, what);
}

function assertEnded(ended: unknown, what: string): void {
  assert.notEqual(ended, "late", `${what} went on after its signal`);
  assert.ok(isRotateError(ended), `${what} ended by something that is not a RotateError: ${String(ended)}`);
}

/** The same with each message of a call left without an answer, one after another. `call`: with `shortLimit`. */
export async function hangEach(way: Way | undefined, what: string, call: () => Promise<unknown>): Promise<void> {
  for (let message = 1; message <= mostMessages; message += 1) {
    const spoilt = way?.spoil(message, "hang");
    const ended = await outcomeOf(call);
    spoilt?.forget();
    if (spoilt?.struck() !== true) return;
    // It did not need the answer.
    if (ended !== "done") assertEnded(ended, `${what}, left without an answer to its message ${message},`);
  }
}

/** More messages than any call sends. */
const mostMessages = 40;
