/** docs/reference/contract.md, made from the rules of the test kit. `npm run docs` writes it; a test compares. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  contractPage as path,
  coordinatorRules,
  endpointRules,
  notifierRules,
  probeRules,
  providerRules,
  reloadRules,
  sinkRules,
} from "@rotate/testkit";
import { weekPromises } from "../../packages/cli/src/week/promises.ts";
import { cell, table } from "./tables.ts";
import { root } from "./workspace.ts";

/** The page with every promise. */
export const contractPage = join(root, path);

interface Sentence {
  readonly id: string;
  readonly name: string;
  readonly why: string;
}

/** By kind, in the order of the page. */
export const sentences: Readonly<Record<string, readonly Sentence[]>> = {
  provider: providerRules,
  sink: sinkRules,
  reload: reloadRules,
  probe: probeRules,
  notifier: notifierRules,
  endpoint: endpointRules,
  coordinator: coordinatorRules,
  week: weekPromises,
};

const head = `# What a plugin promises

Made from the contract suites of \`@rotate/testkit\` by \`npm run docs\`: each sentence is tested by one rule of that name, in process and over the wire alike. A failure names the sentence and its place on this page.
`;

const week = `A week in virtual time, with the real engine: \`rotate plugin test --week\`. What the consumer holds is judged by the issuer of the harness.
`;

/** The page as text. */
export function renderContractDocs(): string {
  const sections = Object.entries(sentences).map(([kind, rules]) => {
    const rows = rules.map(({ id, name, why }) => [`<a id="${id}"></a>${cell(name)}`, cell(why)]);
    if (kind === "week")
      return `## A provider, through a week\n\n${week}\n${table(["a provider", "why, and what to do"], rows)}`;
    return `## A ${kind}\n\n${table([`a ${kind}`, "why, and what to do"], rows)}`.replaceAll(
      /([Aa]) endpoint/g,
      "$1n endpoint",
    );
  });
  return [head, ...sections].join("\n");
}

if (import.meta.main) writeFileSync(contractPage, renderContractDocs());
