/** A slice of `npm run proof:hosted`: the suites of a provider, a sink, a reload, two probes and a notifier, as packages of others. */
import { vi } from "vitest";
import type * as testkit from "../../packages/testkit/src/index.ts";
import { hostedContracts } from "./contracts.ts";
import { hostedParts } from "./parts.ts";

vi.mock("@rotate/testkit", async (actual) => {
  const kit = await actual<typeof testkit>();
  const parts = (await Promise.all(["oauth2", "gitlab", "http"].map(hostedParts))).flatMap((some) => [...some]);
  const reasons = parts.flatMap(([, part]) => ("reason" in part ? [part.reason] : []));
  if (reasons.length > 0) throw new Error(reasons.join("; ")); // its suite would be skipped
  return { ...kit, ...hostedContracts(kit, new Map(parts)) };
});

await import("../../plugins/oauth2/test/contract.test.ts");
await import("../../plugins/gitlab/test/contract.test.ts");
await import("../../plugins/http/test/contract.test.ts");
