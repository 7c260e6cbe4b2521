import assert from "node:assert/strict";
import { inspect } from "node:util";
import type { ObjectSchema } from "@rotate/plugin-kit";
import { type Kind, partFaults } from "@rotate/plugin-kit/grammar";
import { expectNoLeak } from "../canary.ts";
import { createTestContext, type TestContext } from "../context.ts";

/** The two functions of a test runner that a contract needs: those of vitest, jest and node:test fit. */
export interface TestApi {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly test: (name: string, body: () => Promise<void>) => unknown;
}

/** A working outside world for one test, and what reaches it. Extend it with what your harness needs. */
export interface Stage {
  /** Valid options, as the plugin gets them: durations in milliseconds, paths absolute, secrets by `secretRef`. Defaults may be left out. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The plugin's whole environment; default PATH and HOME. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The outside's clock, when it has its own. */
  readonly now?: () => number;
  /** Gets what the plugin announces to a CI runner. */
  readonly announce?: (line: string) => void;
  /** Every secret text in the options and behind them, of six characters or more: looked for in logs, errors and handles. */
  readonly secrets?: readonly string[];
  /** Takes the outside down. */
  readonly close?: () => Promise<void> | void;
}

/** What all harnesses have. */
export interface Harness<S extends Stage> {
  /** A fresh outside for each test. */
  readonly start: () => Promise<S> | S;
  /** Makes the outside refuse, or fail, from now on: the next call has to throw. */
  readonly refuse: (stage: S) => Promise<void> | void;
  /** Makes the outside silent from now on: the next call waits until its signal. Leave it out where nothing can hang, such as a file. */
  readonly hang?: (stage: S) => Promise<void> | void;
}

/** One sentence of the contract and the check of it, which throws when it is broken. */
export interface Rule<H, S> {
  readonly name: string;
  /** False: the sentence does not concern this plugin or this harness. Absent: it concerns all. */
  readonly applies?: (harness: H) => boolean;
  readonly check: (harness: H, stage: S) => Promise<void> | void;
}

/** The rules that concern this harness. */
export function rulesFor<H, S>(rules: readonly Rule<H, S>[], harness: H): readonly Rule<H, S>[] {
  return rules.filter((rule) => rule.applies?.(harness) ?? true);
}

/** The same failure, which says first what was promised. A failed assertion keeps what it compared, for the runner to show. */
function broken({ name }: { readonly name: string }, error: unknown): unknown {
  if (error instanceof Error) error.message = `broken promise: ${name}\n${error.message}`;
  return error;
}

/** Runs one rule on a fresh stage, which is closed whatever happens. Throws what the check throws, with the promise before its message. */
export async function runRule<H extends Harness<S>, S extends Stage>(rule: Rule<H, S>, harness: H): Promise<void> {
  const stage = await harness.start();
  try {
    await rule.check(harness, stage);
  } catch (error) {
    throw broken(rule, error);
  } finally {
    await stage.close?.();
  }
}

/** A contract as tests of a runner: one for each rule that applies. */
export function defineContract<H extends Harness<S>, S extends Stage>(
  rules: readonly Rule<H, S>[],
  titleOf: (harness: H) => string,
): (api: TestApi, harness: H) => void {
  return ({ describe, test }, harness) => {
    describe(titleOf(harness), () => {
      for (const rule of rulesFor(rules, harness)) test(rule.name, () => runRule(rule, harness));
    });
  };
}

/** A context on the stage, with the schema's defaults filled in. `timeout` in milliseconds. */
export function contextOn(schema: ObjectSchema, stage: Stage, timeout?: number): TestContext {
  const { options, env, now, announce } = stage;
  const world = { ...(env && { env }), ...(now && { now }), ...(announce && { announce }) };
  return createTestContext({ schema, options, ...world, ...(timeout && { timeout }) });
}

/** Fails when a part says something of itself that the engine would refuse. */
export function assertPart(kind: Kind, part: unknown): void {
  assert.deepEqual(partFaults(kind, part), [], "the part leaves the schema subset");
}

/** All that may be seen of a value: as JSON, and as Node prints it. */
function printed(value: unknown): string {
  return `${JSON.stringify(value)}\n${inspect(value, { depth: 12, showHidden: true })}`;
}

/** Fails when a secret stands in what the context logged or in any of `shown`. */
export async function assertNoLeak(
  secrets: readonly string[],
  ctx: TestContext,
  shown: Readonly<Record<string, unknown>>,
): Promise<void> {
  const surfaces = Object.entries(shown).map(([name, value]) => [name, printed(value)]);
  await expectNoLeak(secrets, { "the log": JSON.stringify(ctx.logs), ...Object.fromEntries(surfaces) });
}
