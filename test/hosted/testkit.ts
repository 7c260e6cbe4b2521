/** The test kit, whose contract suites get the built-in part from a process of its own. */
import * as testkit from "../../packages/testkit/src/index.ts";
import { hostedParts } from "./parts.ts";

const { describe, test } = await import("vitest");
const { parts } = await hostedParts();

type Kind = "provider" | "sink" | "reload" | "probe" | "notifier";
type Contract = (runner: object, harness: Readonly<Record<string, { readonly type: string }>>) => void;

function hosted(kind: Kind, contract: Contract): Contract {
  return (runner, harness) => {
    const { type } = harness[kind]!;
    const part = parts.get(`${kind}s/${type}`);
    if (part === undefined) throw new Error(`there is no ${kind} ${type}`);
    if ("reason" in part)
      return describe(`${kind} ${type}`, () => test.skip(`is not for a process of its own: ${part.reason}`));
    return contract(runner, { ...harness, [kind]: part.part as never });
  };
}

export * from "../../packages/testkit/src/index.ts";
export const providerContract = hosted("provider", testkit.providerContract as unknown as Contract);
export const sinkContract = hosted("sink", testkit.sinkContract as unknown as Contract);
export const reloadContract = hosted("reload", testkit.reloadContract as unknown as Contract);
export const probeContract = hosted("probe", testkit.probeContract as unknown as Contract);
export const notifierContract = hosted("notifier", testkit.notifierContract as unknown as Contract);
