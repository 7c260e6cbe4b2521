/** What became of all promises, as data. */
import type { Failure } from "../contracts/contract.ts";

/** `unconcerned`: the promise says nothing about this part, or the harness does not let it be tried. */
export type Outcome = "kept" | "broken" | "unconcerned";

/** What became of one promise. */
export interface PromiseResult {
  readonly id: string;
  readonly name: string;
  readonly why: string;
  /** Where it is written down. */
  readonly page: string;
  readonly outcome: Outcome;
  readonly durationMs: number;
  /** Of a broken one. */
  readonly failure?: Failure;
}

/** What became of the promises of one part. */
export interface SuiteResult {
  readonly title: string;
  readonly results: readonly PromiseResult[];
}

/** What became of all. Plain JSON, and no secret that the stages knew. */
export interface Report {
  readonly version: 1;
  readonly suites: readonly SuiteResult[];
  readonly kept: number;
  readonly broken: number;
  readonly unconcerned: number;
  readonly durationMs: number;
}

/** A report of what was tried. */
export function reportOf(suites: readonly SuiteResult[]): Report {
  const all = suites.flatMap(({ results }) => results);
  const count = (wanted: Outcome): number => all.filter(({ outcome }) => outcome === wanted).length;
  return {
    version: 1,
    suites,
    kept: count("kept"),
    broken: count("broken"),
    unconcerned: count("unconcerned"),
    durationMs: all.reduce((sum, { durationMs }) => sum + durationMs, 0),
  };
}

/** One line that fits a README: `rotate contract: 31 of 31 promises kept`. */
export function badgeLine({ kept, broken, suites }: Report): string {
  const parts = suites.map(({ title }) => title.replace(/ keeps the contract$/, "")).join(", ");
  return `rotate contract: ${kept} of ${kept + broken} promises kept (${parts})`;
}

/** The same as shields.io reads it from an address: https://shields.io/badges/endpoint-badge */
export function badgeJson({ kept, broken }: Report): string {
  const isKept = broken === 0 && kept > 0;
  const message = `${kept} of ${kept + broken} promises kept`;
  return JSON.stringify({ schemaVersion: 1, label: "rotate contract", message, color: isKept ? "brightgreen" : "red" });
}

/** For people: each promise as a sentence; of a broken one why it is there, what was found, and where it is written down. */
export function reportText({ suites, ...counts }: Report): string {
  const blocks = suites.map(({ title, results }) => [title, ...results.flatMap(linesOf)].join("\n"));
  return [...blocks, badgeLine({ suites, ...counts })].join("\n\n");
}

const marks: Readonly<Record<Outcome, string>> = { kept: "kept  ", broken: "BROKEN", unconcerned: "-     " };

/** One promise, as lines for people. */
export function linesOf({ outcome, name, why, page, failure }: PromiseResult): readonly string[] {
  const sentence = `  ${marks[outcome]}  ${name}`;
  if (failure === undefined) return [sentence];
  const found = failure.message.split("\n").map((line) => `          ${line}`);
  return [sentence, ...found, `          ${why}`, `          written down in ${page}`];
}
