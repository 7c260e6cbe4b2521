import assert from "node:assert/strict";
import type { Alarm, Notifier } from "@rotate/plugin-kit";
import { sampleAlarm } from "../alarm.ts";
import {
  assertNoLeak,
  assertPart,
  contextOn,
  defineContract,
  type Harness,
  type Rule,
  type Stage,
  type Suite,
  type TestApi,
} from "./contract.ts";
import { assertObeysSignal, assertRefused, shortLimit } from "./failures.ts";

/** What `notifierContract` needs to know of a notifier. */
export interface NotifierHarness<S extends Stage = Stage> extends Harness<S> {
  readonly notifier: Notifier;
  /** The texts that the receiver was given since the stage began, as it would show them; wait in it for what is on its way. */
  readonly received: (stage: S) => Promise<readonly string[]> | readonly string[];
}

type NotifierRule = Rule<NotifierHarness, Stage>;

const resolved: Alarm = {
  ...sampleAlarm,
  delivery: "9e107d9d372bb682",
  step: "recovered",
  status: "resolved",
  steps: Object.fromEntries(sampleAlarm.rotations.map((name) => [name, "recovered"] as const)),
};

/** What a receiver has to see of it, whatever it makes of the rest. */
const word = "billing-db expired at 02:58 UTC";

/** The sentences of the contract, for those who run them without a test runner. */
export const notifierRules: readonly NotifierRule[] = [
  {
    id: "notifier-schema",
    name: "describes its options in the schema subset",
    why: "Specs are checked against the schema, and editors complete from it.",
    check: ({ notifier }) => assertPart("notifiers", notifier),
  },
  {
    id: "notifier-check-changes-nothing",
    name: "sends nothing in check",
    why: "`plan` calls it.",
    applies: ({ notifier }) => notifier.check !== undefined,
    check: async ({ notifier, received }, stage) => {
      await notifier.check?.(contextOn(notifier.options, stage));
      assert.equal((await received(stage)).length, 0, "check told the receiver");
    },
  },
  {
    id: "notifier-sends",
    name: "tells the receiver once per call, whether something begins or is over",
    why: "People who are told twice stop reading; people who are not told that it is over get up at night for nothing.",
    check: async ({ notifier, received }, stage) => {
      await notifier.send(sampleAlarm, contextOn(notifier.options, stage));
      assert.equal((await received(stage)).length, 1, "send told the receiver once");
      await notifier.send(resolved, contextOn(notifier.options, stage));
      const texts = await received(stage);
      assert.equal(texts.length, 2, "the second send told the receiver once more");
      for (const text of texts) assert.ok(text.includes(word), `the receiver sees what happened: ${text}`);
    },
  },
  {
    id: "notifier-refused",
    name: "throws a RotateError with a hint when the receiver does not take it",
    why: "An alarm that was not delivered is tried again, and shown, only when that is known.",
    check: async ({ notifier, refuse }, stage) => {
      await refuse(stage);
      const ctx = contextOn(notifier.options, stage);
      await assertRefused(() => notifier.send(sampleAlarm, ctx), { what: "send", ctx, secrets: stage.secrets });
    },
  },
  {
    id: "notifier-signal",
    name: "ends with its signal when the receiver is silent",
    why: "One receiver must not hold up the others.",
    applies: ({ hang }) => hang !== undefined,
    check: async ({ notifier, hang }, stage) => {
      await hang?.(stage);
      await assertObeysSignal(() => notifier.send(sampleAlarm, contextOn(notifier.options, stage, shortLimit)), "send");
    },
  },
  {
    id: "notifier-no-leak",
    name: "gives no secret away in the log",
    why: "The address of a receiver often is a secret.",
    check: async ({ notifier }, stage) => {
      const ctx = contextOn(notifier.options, stage);
      await notifier.check?.(ctx);
      await notifier.send(sampleAlarm, ctx);
      await assertNoLeak(stage.secrets ?? [], ctx, {});
    },
  },
];

const contract = defineContract(notifierRules, ({ notifier }) => `notifier ${notifier.type} keeps the contract`);

/**
 * Tests that a notifier keeps the contract of the plugin kit, one for each sentence that concerns it.
 *
 * ```ts
 * notifierContract({ describe, test }, {
 *   notifier,
 *   start: async () => ({ options: { url }, server: await startReceiver() }),
 *   received: ({ server }) => server.texts,
 *   refuse: ({ server }) => server.answer(500),
 *   hang: ({ server }) => server.goSilent(),
 * });
 * ```
 */
export function notifierContract<S extends Stage>(api: TestApi, harness: NotifierHarness<S>): void {
  contract.register(api, harness as unknown as NotifierHarness);
}

/** The same contract without a test runner, for `runSuites`. */
export function notifierSuite<S extends Stage>(harness: NotifierHarness<S>): Suite {
  return contract.suite(harness as unknown as NotifierHarness);
}
