import type { Probe } from "@rotate/plugin-kit";
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

/** What `probeContract` needs to know of a probe. On a fresh stage it succeeds. */
export interface ProbeHarness<S extends Stage = Stage> extends Harness<S> {
  readonly probe: Probe;
}

type ProbeRule = Rule<ProbeHarness, Stage>;

/** The sentences of the contract, for those who run them without a test runner. */
export const probeRules: readonly ProbeRule[] = [
  {
    id: "probe-schema",
    name: "describes its options in the schema subset",
    why: "Specs are checked against the schema, and editors complete from it.",
    check: ({ probe }) => assertPart("probes", probe),
  },
  {
    id: "probe-works",
    name: "succeeds when it works, each time",
    why: "A probe that fails without reason stops a rotation, or keeps a credential alive for longer than need be.",
    check: async ({ probe }, stage) => {
      await probe.run(contextOn(probe.options, stage));
      await probe.run(contextOn(probe.options, stage));
    },
  },
  {
    id: "probe-refused",
    name: "throws a RotateError with a hint when it does not work",
    why: "A probe that passes in an outage lets a broken credential be published.",
    check: async ({ probe, refuse }, stage) => {
      await refuse(stage);
      const ctx = contextOn(probe.options, stage);
      await assertRefused(() => probe.run(ctx), { what: "run", ctx, secrets: stage.secrets });
    },
  },
  {
    id: "probe-signal",
    name: "ends with its signal when the other side is silent",
    why: "A call that outlives its time limit holds the rotation's lock.",
    applies: ({ hang }) => hang !== undefined,
    check: async ({ probe, hang }, stage) => {
      await hang?.(stage);
      await assertObeysSignal(() => probe.run(contextOn(probe.options, stage, shortLimit)), "run");
    },
  },
  {
    id: "probe-no-leak",
    name: "gives no secret away in the log",
    why: "A probe may be given the new credential.",
    check: async ({ probe }, stage) => {
      const ctx = contextOn(probe.options, stage);
      await probe.run(ctx);
      await assertNoLeak(stage.secrets ?? [], ctx, {});
    },
  },
];

const contract = defineContract(probeRules, ({ probe }) => `probe ${probe.type} keeps the contract`);

/**
 * Tests that a probe keeps the contract of the plugin kit, one for each sentence that concerns it.
 *
 * ```ts
 * probeContract({ describe, test }, {
 *   probe,
 *   start: async () => ({ options: { url, token: secretRef("…") }, secrets: ["…"], server: await startServer() }),
 *   refuse: ({ server }) => server.answer(500),
 *   hang: ({ server }) => server.goSilent(),
 * });
 * ```
 */
export function probeContract<S extends Stage>(api: TestApi, harness: ProbeHarness<S>): void {
  contract.register(api, harness as unknown as ProbeHarness);
}

/** The same contract without a test runner, for `runSuites`. */
export function probeSuite<S extends Stage>(harness: ProbeHarness<S>): Suite {
  return contract.suite(harness as unknown as ProbeHarness);
}
