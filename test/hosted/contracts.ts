/** The contract suites of the test kit, which get each built-in part from a process of its own. */
import { describe, test } from "vitest";
import type * as testkit from "../../packages/testkit/src/index.ts";
import { inWords, refused } from "./outcomes.ts";
import type { HostedParts } from "./parts.ts";

type Kit = typeof testkit;
type Kind = "provider" | "sink" | "reload" | "probe" | "notifier";
type Contract = (runner: object, harness: Readonly<Record<string, { readonly type: string }>>) => void;

function hosted(kind: Kind, contract: Contract, parts: HostedParts): Contract {
  return (runner, harness) => {
    const { type } = harness[kind]!;
    const part = parts.get(`${kind}s/${type}`);
    if (part === undefined) throw new Error(`there is no ${kind} ${type}`);
    const title = `${kind} ${type} keeps the contract`;
    if ("reason" in part) return describe(title, () => test.skip(`${refused}${part.reason}`));
    if (part.words !== undefined) describe(title, () => test.skip(`${inWords}${part.words}`));
    return contract(runner, { ...harness, [kind]: part.part as never });
  };
}

/** @param parts by `providers/vault` */
export function hostedContracts(
  kit: Kit,
  parts: HostedParts,
): Readonly<Record<`${Kind}Contract`, Contract>> {
  const of = (kind: Kind): Contract => hosted(kind, kit[`${kind}Contract`] as unknown as Contract, parts);
  return {
    providerContract: of("provider"),
    sinkContract: of("sink"),
    reloadContract: of("reload"),
    probeContract: of("probe"),
    notifierContract: of("notifier"),
  };
}
