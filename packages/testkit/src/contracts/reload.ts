import assert from "node:assert/strict";
import type { Reload, ReloadEvent } from "@rotate/plugin-kit";
import { withDefaults } from "../defaults.ts";
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

/** What `reloadContract` needs to know of a reload. */
export interface ReloadHarness<S extends Stage = Stage> extends Harness<S> {
  readonly reload: Reload;
  /** How often the consumer was reloaded since the stage began; wait in it for what is on its way. */
  readonly count: (stage: S) => Promise<number> | number;
  /** It marks the consumer with the fingerprint: a run for one that the consumer has already reloads nothing. */
  readonly marks?: true;
}

type ReloadRule = Rule<ReloadHarness, Stage>;

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === "object" && inner !== null) deepFreeze(inner);
  return Object.freeze(value);
}

/** As the journal gives it. */
const event: ReloadEvent = deepFreeze({
  rotation: "contract",
  reason: "rotated",
  fingerprint: "f1e2d3c4",
  expiresAt: new Date(Date.UTC(2030, 0, 1)),
  written: [{ type: "dotenv", target: "/srv/app/.env", keys: ["TOKEN"] }],
});

/** The sentences of the contract, for those who run them without a test runner. */
export const reloadRules: readonly ReloadRule[] = [
  {
    id: "reload-schema",
    name: "describes its options in the schema subset",
    why: "Specs are checked against the schema, and editors complete from it.",
    check: ({ reload }) => assertPart("reloads", reload),
  },
  {
    id: "reload-adopts",
    name: "says by the options alone whether success shows adoption",
    why: "Only a reload that shows adoption lets the previous credential be revoked.",
    check: ({ reload }, stage) => {
      const answers = [1, 2].map(() => reload.adopts(withDefaults(reload.options, stage.options)));
      assert.equal(typeof answers[0], "boolean", "adopts answers true or false");
      assert.equal(answers[0], answers[1], "adopts is pure");
    },
  },
  {
    id: "reload-check-changes-nothing",
    name: "changes nothing in check",
    why: "`plan` calls it.",
    applies: ({ reload }) => reload.check !== undefined,
    check: async ({ reload, count }, stage) => {
      const before = await count(stage);
      await reload.check?.(contextOn(reload.options, stage));
      assert.equal(await count(stage), before, "check reloaded the consumer");
    },
  },
  {
    id: "reload-reloads",
    name: "reloads the consumer once per call, and bears repeating, whatever the reason",
    why: "A reload is done at least once: after a crash it is done again.",
    check: async ({ reload, count, marks }, stage) => {
      const before = await count(stage);
      await reload.run(event, contextOn(reload.options, stage));
      assert.equal(await count(stage), before + 1, "run reloaded the consumer once");
      const again = {
        ...event,
        reason: "owed",
        expiresAt: "never",
        ...(marks && { fingerprint: "0a1b2c3d" }),
      } as const;
      await reload.run(again, contextOn(reload.options, stage));
      assert.equal(await count(stage), before + 2, "the second run reloaded the consumer once more");
    },
  },
  {
    id: "reload-marks",
    name: "reloads the consumer once for one fingerprint, however often it is run",
    why: "A consumer that has the credential already is left alone.",
    applies: ({ marks }) => marks === true,
    check: async ({ reload, count }, stage) => {
      const before = await count(stage);
      await reload.run(event, contextOn(reload.options, stage));
      await reload.run({ ...event, reason: "owed" }, contextOn(reload.options, stage));
      assert.equal(await count(stage), before + 1, "the second run reloaded a consumer that has the fingerprint");
    },
  },
  {
    id: "reload-refused",
    name: "throws a RotateError with a hint when the consumer cannot be reloaded",
    why: "A reload that failed in silence leaves the consumer on a credential that is about to be revoked.",
    check: async ({ reload, refuse }, stage) => {
      await refuse(stage);
      const ctx = contextOn(reload.options, stage);
      await assertRefused(() => reload.run(event, ctx), { what: "run", ctx, secrets: stage.secrets });
    },
  },
  {
    id: "reload-signal",
    name: "ends with its signal when the consumer is silent",
    why: "A call that outlives its time limit holds the rotation's lock.",
    applies: ({ hang }) => hang !== undefined,
    check: async ({ reload, hang }, stage) => {
      await hang?.(stage);
      await assertObeysSignal(() => reload.run(event, contextOn(reload.options, stage, shortLimit)), "run");
    },
  },
  {
    id: "reload-no-leak",
    name: "gives no secret away in the log",
    why: "Logs are shipped.",
    check: async ({ reload }, stage) => {
      const ctx = contextOn(reload.options, stage);
      await reload.check?.(ctx);
      await reload.run(event, ctx);
      await assertNoLeak(stage.secrets ?? [], ctx, {});
    },
  },
];

const contract = defineContract(reloadRules, ({ reload }) => `reload ${reload.type} keeps the contract`);

/**
 * Tests that a reload keeps the contract of the plugin kit, one for each sentence that concerns it.
 *
 * ```ts
 * reloadContract({ describe, test }, {
 *   reload,
 *   start: async () => ({ options: { url }, server: await startConsumer() }),
 *   count: ({ server }) => server.reloads,
 *   refuse: ({ server }) => server.answer(500),
 *   hang: ({ server }) => server.goSilent(),
 * });
 * ```
 */
export function reloadContract<S extends Stage>(api: TestApi, harness: ReloadHarness<S>): void {
  contract.register(api, harness as unknown as ReloadHarness);
}

/** The same contract without a test runner, for `runSuites`. */
export function reloadSuite<S extends Stage>(harness: ReloadHarness<S>): Suite {
  return contract.suite(harness as unknown as ReloadHarness);
}
