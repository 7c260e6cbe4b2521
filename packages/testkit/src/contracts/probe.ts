import type { Probe } from "@rotate/plugin-kit";
import {
  assertNoLeak,
  assertPart,
  contextOn,
  defineContract,
  type Harness,
  type Rule,
  type Stage,
} from "./contract.ts";
import { assertObeysSignal, assertRefused, shortLimit } from "./failures.ts";

/** What `probeContract` needs to know of a probe. On a fresh stage it succeeds. */
export interface ProbeHarness<S extends Stage = Stage> extends Harness<S> {
  readonly probe: Probe;
}

type ProbeRule = Rule<ProbeHarness, Stage>;

/** The sentences of the contract, for those who run them without a test runner. */
export const probeRules: readonly ProbeRule[] = [
  { name: "describes its options in the schema subset", check: ({ probe }) => assertPart("probes", probe) },
  {
    name: "succeeds when it works, each time",
    check: async ({ probe }, stage) => {
      await probe.run(contextOn(probe.options, stage));
      await probe.run(contextOn(probe.options, stage));
    },
  },
  {
    name: "throws a RotateError with a hint when it does not work",
    check: async ({ probe, refuse }, stage) => {
      await refuse(stage);
      const ctx = contextOn(probe.options, stage);
      await assertRefused(() => probe.run(ctx), { what: "run", ctx, secrets: stage.secrets });
    },
  },
  {
    name: "ends with its signal when the other side is silent",
    applies: ({ hang }) => hang !== undefined,
    check: async ({ probe, hang }, stage) => {
      await hang?.(stage);
      await assertObeysSignal(() => probe.run(contextOn(probe.options, stage, shortLimit)), "run");
    },
  },
  {
    name: "gives no secret away in the log",
    check: async ({ probe }, stage) => {
      const ctx = contextOn(probe.options, stage);
      await probe.run(ctx);
      await assertNoLeak(stage.secrets ?? [], ctx, {});
    },
  },
];

const register = defineContract(probeRules, ({ probe }) => `probe ${probe.type} keeps the contract`);

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
export function probeContract<S extends Stage>(api: Parameters<typeof register>[0], harness: ProbeHarness<S>): void {
  register(api, harness as unknown as ProbeHarness);
}
