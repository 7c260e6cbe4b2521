/** A report as JUnit XML, as CI systems read it: https://github.com/testmoapp/junitxml */
import type { PromiseResult, Report, SuiteResult } from "./report.ts";

/** What XML 1.0 has no place for, not even escaped. */
// oxlint-disable-next-line no-control-regex
const unwritable =
  /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const named: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escaped(text: string): string {
  return text
    .replaceAll(unwritable, "\ufffd")
    .replaceAll(/[&<>"]/g, (character) => named[character] ?? character)
    .replaceAll(/[\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join("");
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

function caseOf(title: string, { id, name, why, page, outcome, durationMs, failure }: PromiseResult): string {
  const head = `    <testcase${attributes({ classname: title, name, time: seconds(durationMs) })}>`;
  const properties = `      <properties><property${attributes({ name: "promise", value: id })}/><property${attributes({ name: "page", value: page })}/></properties>`;
  const skipped = outcome === "unconcerned" ? ["      <skipped/>"] : [];
  const broken =
    failure === undefined
      ? []
      : [
          `      <failure${attributes({ type: id, message: `broken promise: ${name} (${page})` })}>${escaped(`${why}\n\n${failure.message}\n\n${failure.stack}`)}</failure>`,
        ];
  return [head, properties, ...skipped, ...broken, "    </testcase>"].join("\n");
}

function suiteOf({ title, results }: SuiteResult): string {
  const count = (outcome: PromiseResult["outcome"]): number => results.filter((one) => one.outcome === outcome).length;
  const time = seconds(results.reduce((sum, { durationMs }) => sum + durationMs, 0));
  const head = { name: title, tests: results.length, failures: count("broken"), skipped: count("unconcerned"), time };
  return [`  <testsuite${attributes(head)}>`, ...results.map((result) => caseOf(title, result)), "  </testsuite>"].join(
    "\n",
  );
}

/** A report as JUnit XML: a suite for each part, a case for each promise; a failure says which promise broke and where it is written down. */
export function junitXml({ suites, kept, broken, unconcerned, durationMs }: Report): string {
  const tests = kept + broken + unconcerned;
  const head = attributes({ name: "rotate contract", tests, failures: broken, time: seconds(durationMs) });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${head}>`,
    ...suites.map(suiteOf),
    "</testsuites>",
    "",
  ].join("\n");
}
