import assert from "node:assert/strict";
import { inspect } from "node:util";
import type { ObjectSchema } from "@rotate/plugin-kit";
import { type Kind, partFaults } from "@rotate/plugin-kit/grammar";
import { createMasker } from "@rotate/runtime";
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

/** The surroundings of a stage. */
export interface StageWorld {
  /** ms since 1970. */
  readonly now: () => number;
}

/** What all harnesses have. */
export interface Harness<S extends Stage> {
  /** A fresh outside for each test. `world` is given where time is not the machine's: what the outside says of times it says by it. */
  readonly start: (world?: StageWorld) => Promise<S> | S;
  /** Makes the outside refuse, or fail, from now on: the next call has to throw. */
  readonly refuse: (stage: S) => Promise<void> | void;
  /** Makes the outside silent from now on: the next call waits until its signal. Leave it out where nothing can hang, such as a file. */
  readonly hang?: (stage: S) => Promise<void> | void;
}

/** One sentence of the contract and the check of it, which throws when it is broken. */
export interface Rule<H, S> {
  /** The same for good: `provider-revoke`. The anchor on `contractPage`, too. */
  readonly id: string;
  readonly name: string;
  /** What it is for, and what to do. */
  readonly why: string;
  /** False: the sentence does not concern this plugin or this harness. Absent: it concerns all. */
  readonly applies?: (harness: H) => boolean;
  readonly check: (harness: H, stage: S) => Promise<void> | void;
}

/** Where the promises are written down, in the package of the command line. */
export const contractPage = "docs/reference/contract.md";

/** The place where a promise is written down. @param id of the rule */
export function pageOf(id: string): string {
  return `${contractPage}#${id}`;
}

/** The rules that concern this harness. */
export function rulesFor<H, S>(rules: readonly Rule<H, S>[], harness: H): readonly Rule<H, S>[] {
  return rules.filter((rule) => concerns(rule, harness));
}

function concerns<H, S>({ applies }: Rule<H, S>, harness: H): boolean {
  return applies?.(harness) ?? true;
}

/** The same failure, which says first what was promised and where. A failed assertion keeps what it compared, for the runner to show. */
function broken({ id, name }: Pick<Rule<never, never>, "id" | "name">, error: unknown): unknown {
  if (error instanceof Error) error.message = `broken promise: ${name} (${pageOf(id)})\n${error.message}`;
  return error;
}

/** Runs one rule on a fresh stage, which is closed whatever happens. Throws what the check throws, with the promise before its message. */
export async function runRule<H extends Harness<S>, S extends Stage>(rule: Rule<H, S>, harness: H): Promise<void> {
  await checkOnStage(rule, harness, (error) => {
    throw broken(rule, error);
  });
}

/** What broke a promise: one line, and where in the code. No secret that the stage or its contexts know stands in it. */
export interface Failure {
  readonly message: string;
  /** Of what was thrown; empty when it was no error. */
  readonly stack: string;
}

/** A promise to one part, ready to be tried. */
export interface Promised {
  readonly id: string;
  readonly name: string;
  readonly why: string;
  /** `docs/reference/contract.md#…` */
  readonly page: string;
  /** False: it does not concern this part or this harness. */
  readonly applies: boolean;
  /** Tries it on a fresh stage. Undefined: it is kept. */
  readonly run: () => Promise<Failure | undefined>;
}

/** All that is promised of one part. */
export interface Suite {
  /** `provider acme keeps the contract` */
  readonly title: string;
  readonly promises: readonly Promised[];
}

/** A contract, for a test runner and without one. */
export interface ContractOf<H> {
  /** One test for each rule that applies. */
  readonly register: (api: TestApi, harness: H) => void;
  readonly suite: (harness: H) => Suite;
}

/** A contract of its rules. */
export function defineContract<H extends Harness<S>, S extends Stage>(
  rules: readonly Rule<H, S>[],
  titleOf: (harness: H) => string,
): ContractOf<H> {
  return {
    register: ({ describe, test }, harness) => {
      describe(titleOf(harness), () => {
        for (const rule of rulesFor(rules, harness)) test(rule.name, () => runRule(rule, harness));
      });
    },
    suite: (harness) => ({
      title: titleOf(harness),
      promises: rules.map((rule) => promisedBy(rule, harness)),
    }),
  };
}

function promisedBy<H extends Harness<S>, S extends Stage>(rule: Rule<H, S>, harness: H): Promised {
  const { id, name, why } = rule;
  const run = async (): Promise<Failure | undefined> => {
    let failure: Failure | undefined;
    await checkOnStage(rule, harness, (error, stage) => {
      failure = failureOf(error, maskOf(stage));
    });
    return failure;
  };
  return { id, name, why, page: pageOf(id), applies: concerns(rule, harness), run };
}

/** Opens a stage, checks, closes it. A stage that cannot be opened or closed fails the promise, too. */
async function checkOnStage<H extends Harness<S>, S extends Stage>(
  rule: Rule<H, S>,
  harness: H,
  failed: (error: unknown, stage: S | undefined) => void,
): Promise<void> {
  let stage: S | undefined;
  try {
    stage = await harness.start();
    try {
      await rule.check(harness, stage);
    } finally {
      await stage.close?.();
    }
  } catch (error) {
    failed(error, stage);
  }
}

function failureOf(error: unknown, mask: (text: string) => string): Failure {
  if (error instanceof Error) return { message: mask(error.message), stack: mask(error.stack ?? "") };
  return { message: mask(`something was thrown that is no error: ${inspect(error)}`), stack: "" };
}

/** What the contexts of a stage mask. */
const masks = new WeakMap<Stage, ((text: string) => string)[]>();

function maskOf(stage: Stage | undefined): (text: string) => string {
  if (stage === undefined) return (text) => text;
  const known = createMasker();
  const { values = [] } = stage as { readonly values?: readonly Readonly<Record<string, string>>[] };
  for (const text of [...(stage.secrets ?? []), ...values.flatMap((texts) => Object.values(texts))]) known.secret(text);
  const all = [known.mask, ...(masks.get(stage) ?? [])];
  return (text) => all.reduce((masked, mask) => mask(masked), text);
}

/** A context on the stage, with the schema's defaults filled in. `timeout` in milliseconds. */
export function contextOn(schema: ObjectSchema, stage: Stage, timeout?: number): TestContext {
  const { options, env, now, announce } = stage;
  const world = { ...(env && { env }), ...(now && { now }), ...(announce && { announce }) };
  const context = createTestContext({ schema, options, ...world, ...(timeout && { timeout }) });
  masks.set(stage, [...(masks.get(stage) ?? []), context.mask]);
  return context;
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
