/** Stands for the test kit in the suites of one plugin. */
import { expect } from "vitest";
import * as testkit from "../../packages/testkit/src/index.ts";
import { hostedContracts } from "./contracts.ts";
import { hostedParts } from "./parts.ts";

const [, plugin = ""] = /\/plugins\/([^/]+)\//.exec(String(expect.getState().testPath)) ?? [];

export * from "../../packages/testkit/src/index.ts";
export const { providerContract, sinkContract, reloadContract, probeContract, notifierContract } = hostedContracts(
  testkit,
  await hostedParts(plugin),
);
