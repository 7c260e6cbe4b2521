import assert from "node:assert/strict";
import type { Coordinator, Permit } from "@rotate/plugin-kit";
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

/** What `coordinatorContract` needs to know of a coordinator. Each stage begins without a permit. */
export interface CoordinatorHarness<S extends Stage = Stage> extends Harness<S> {
  readonly coordinator: Coordinator;
}

type CoordinatorRule = Rule<CoordinatorHarness, Stage>;

const at = new Date("2030-01-01T00:00:00.123Z");
const first: Permit = { holder: "web-1.ab12cd/app/db", acquiredAt: at, renewedAt: at, lasts: 60_000, transitions: 0 };
const next: Permit = { ...first, holder: "web-2.ef34ab/app/db", transitions: 1 };
const free: Permit = { ...next, holder: "", lasts: 1_000 };
const ill: Permit = { ...first, lasts: 3_600_000, unwell: true };

/** The sentences of the contract, for those who run them without a test runner. */
export const coordinatorRules: readonly CoordinatorRule[] = [
  {
    id: "coordinator-schema",
    name: "describes its options in the schema subset",
    why: "Specs are checked against the schema, and editors complete from it.",
    check: ({ coordinator }) => assertPart("coordinators", coordinator),
  },
  {
    id: "coordinator-absent",
    name: "reads nothing where nothing was written, and check writes nothing",
    why: "Who is taken for away keeps others waiting; `plan` calls check.",
    check: async ({ coordinator }, stage) => {
      const ctx = contextOn(coordinator.options, stage);
      await coordinator.check?.(2, ctx);
      assert.equal(await coordinator.read(0, ctx), undefined);
      assert.equal(await coordinator.read(1, ctx), undefined);
    },
  },
  {
    id: "coordinator-round-trip",
    name: "reads what was written, whole",
    why: "Machines of several versions judge by what stands there.",
    check: async ({ coordinator }, stage) => {
      const ctx = contextOn(coordinator.options, stage);
      let version: string | undefined;
      for (const permit of [first, next, free, ill, first]) {
        version = await coordinator.write(0, { permit, version }, ctx);
        assert.ok(version !== undefined, "a write over what was read last was refused");
        assert.deepEqual(await coordinator.read(0, ctx), { permit, version });
      }
    },
  },
  {
    id: "coordinator-numbers",
    name: "keeps permits apart by their number",
    why: "Each is the right of another consumer to be away.",
    check: async ({ coordinator }, stage) => {
      const ctx = contextOn(coordinator.options, stage);
      await coordinator.write(0, { permit: first, version: undefined }, ctx);
      await coordinator.write(1, { permit: next, version: undefined }, ctx);
      assert.deepEqual((await coordinator.read(0, ctx))?.permit, first);
      assert.deepEqual((await coordinator.read(1, ctx))?.permit, next);
    },
  },
  {
    id: "coordinator-compare-and-swap",
    name: "writes nothing over what has changed since it was read",
    why: "Two that both believe it is their turn restart at once.",
    check: async ({ coordinator }, stage) => {
      const ctx = contextOn(coordinator.options, stage);
      const version = await coordinator.write(0, { permit: first, version: undefined }, ctx);
      const late = await coordinator.write(0, { permit: next, version: undefined }, ctx);
      assert.equal(late, undefined, "it was made although it was there");
      await coordinator.write(0, { permit: { ...first, renewedAt: new Date(at.getTime() + 5_000) }, version }, ctx);
      const stale = await coordinator.write(0, { permit: next, version }, ctx);
      assert.equal(stale, undefined, "it was written over what nobody had read");
      assert.equal((await coordinator.read(0, ctx))?.permit.holder, first.holder);
    },
  },
  {
    id: "coordinator-one-of-many",
    name: "lets one of many who come at once get it",
    why: "A fleet that is started anew comes at once.",
    check: async ({ coordinator }, stage) => {
      const ctx = contextOn(coordinator.options, stage);
      const all = Array.from({ length: 8 }, (_, index) => ({ ...first, holder: `web-${index}` }));
      const versions = await Promise.all(
        all.map((permit) => coordinator.write(0, { permit, version: undefined }, ctx)),
      );
      assert.equal(versions.filter((version) => version !== undefined).length, 1);
      const winner = versions.findIndex((version) => version !== undefined);
      assert.equal((await coordinator.read(0, ctx))?.permit.holder, `web-${winner}`);
    },
  },
  {
    id: "coordinator-refused",
    name: "throws a RotateError with a hint when it is refused, and takes no refusal for absence",
    why: "Who may not see the others must not take them for absent.",
    check: async ({ coordinator, refuse }, stage) => {
      await refuse(stage);
      const ctx = contextOn(coordinator.options, stage);
      const about = { ctx, secrets: stage.secrets };
      await assertRefused(() => coordinator.read(0, ctx), { what: "read", ...about });
      await assertRefused(() => coordinator.write(0, { permit: first, version: undefined }, ctx), {
        what: "write",
        ...about,
      });
    },
  },
  {
    id: "coordinator-signal",
    name: "ends with its signal when nobody answers",
    why: "A reload that is owed is told; one that hangs is not.",
    applies: ({ hang }) => hang !== undefined,
    check: async ({ coordinator, hang }, stage) => {
      await hang?.(stage);
      await assertObeysSignal(() => coordinator.read(0, contextOn(coordinator.options, stage, shortLimit)), "read");
    },
  },
  {
    id: "coordinator-no-leak",
    name: "gives no secret away in the log",
    why: "Logs are read by more people than the spec.",
    check: async ({ coordinator }, stage) => {
      const ctx = contextOn(coordinator.options, stage);
      await coordinator.check?.(1, ctx);
      await coordinator.write(0, { permit: first, version: undefined }, ctx);
      await assertNoLeak(stage.secrets ?? [], ctx, {});
    },
  },
];

const contract = defineContract(
  coordinatorRules,
  ({ coordinator }) => `coordinator ${coordinator.type} keeps the contract`,
);

/**
 * Tests that a coordinator keeps the contract of the plugin kit, one for each sentence that concerns it.
 *
 * ```ts
 * coordinatorContract({ describe, test }, {
 *   coordinator,
 *   start: async () => ({ options: { url }, server: await startServer() }),
 *   refuse: ({ server }) => server.answer(403),
 *   hang: ({ server }) => server.goSilent(),
 * });
 * ```
 */
export function coordinatorContract<S extends Stage>(api: TestApi, harness: CoordinatorHarness<S>): void {
  contract.register(api, harness as unknown as CoordinatorHarness);
}

/** The same contract without a test runner, for `runSuites`. */
export function coordinatorSuite<S extends Stage>(harness: CoordinatorHarness<S>): Suite {
  return contract.suite(harness as unknown as CoordinatorHarness);
}
