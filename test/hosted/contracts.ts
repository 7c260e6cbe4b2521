/** The contract suites of the test kit, which get each built-in part from a process of its own. */
import { kindWord, programKinds, type KindWord, type ProgramKind } from "@rotate/core";
import type * as testkit from "../../packages/testkit/src/index.ts";
import { inWords, refused } from "./outcomes.ts";
import type { HostedParts } from "./parts.ts";

type Kit = typeof testkit;
type Kind = KindWord<ProgramKind>;
/** Vitest's, which the suites are given. */
interface Runner {
  readonly describe: (title: string, body: () => void) => void;
  readonly test: (name: string, body: (own: { readonly skip: () => void }) => void) => void;
}
type Contract = (runner: Runner, harness: Readonly<Record<string, { readonly type: string }>>) => void;

function hosted(kind: Kind, contract: Contract, parts: HostedParts): Contract {
  return (runner, harness) => {
    const { type } = harness[kind]!;
    const part = parts.get(`${kind}s/${type}`);
    if (part === undefined) throw new Error(`there is no ${kind} ${type}`);
    const note = (text: string): void =>
      runner.describe(`${kind} ${type} keeps the contract`, () => runner.test(text, ({ skip }) => skip()));
    if ("reason" in part) return note(`${refused}${part.reason}`);
    if (part.words !== undefined) note(`${inWords}${part.words}`);
    contract(runner, { ...harness, [kind]: part.part as never });
  };
}

/** @param parts by `providers/vault` */
export function hostedContracts(kit: Kit, parts: HostedParts): Readonly<Record<`${Kind}Contract`, Contract>> {
  const contracts = programKinds.map(kindWord).map((kind) => {
    const name = `${kind}Contract` as const;
    return [name, hosted(kind, kit[name] as unknown as Contract, parts)];
  });
  return Object.fromEntries(contracts) as Readonly<Record<`${Kind}Contract`, Contract>>;
}
