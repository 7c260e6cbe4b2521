/** What the contract suites of one plugin gave, read from vitest's report. */

import { kindWord, programKinds } from "@rotate/core";

/** `passed`, `skipped` or `failed` with what it says, by the suite's place and the test's name. */
export type Outcomes = ReadonlyMap<string, string>;

/** The suites of one part: `provider vault`. */
export interface PartOutcomes {
  readonly tests: Outcomes;
  /** Why it could not be a package of others. */
  readonly refusal?: string;
  /** Why it was one with plain words for what it computes of its options. */
  readonly words?: string;
}

/** As `--reporter=json` writes it. */
export interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

const suite = new RegExp(`^((?:${programKinds.map(kindWord).join("|")}) \\S+) keeps the contract$`);

/** Before the reason, in the name of the one test of a part that is not hosted. */
export const refused = "is not for a process of its own: ";
/** The same, where it is hosted with plain words. */
export const inWords = "is in a process of its own with plain words: ";

/** By part. Throws an Error when a file could not be run. */
export function outcomesOf({ testResults }: Report): ReadonlyMap<string, PartOutcomes> {
  const broken = testResults.find(({ assertionResults }) => assertionResults.length === 0);
  if (broken !== undefined) throw new Error(`${broken.name}: ${broken.message ?? "no tests"}`);
  const parts = new Map<string, { tests: Map<string, string>; refusal?: string; words?: string }>();
  for (const { ancestorTitles, title, status, failureMessages } of testResults.flatMap(
    (file) => file.assertionResults,
  )) {
    const [, name] = ancestorTitles.map((one) => suite.exec(one)).find((match) => match !== null) ?? [];
    if (name === undefined) continue;
    const part = parts.get(name) ?? { tests: new Map<string, string>() };
    parts.set(name, part);
    if (title.startsWith(refused)) part.refusal = title.slice(refused.length);
    else if (title.startsWith(inWords)) part.words = title.slice(inWords.length);
    else
      part.tests.set(
        nameIn(part.tests, [...ancestorTitles, title].join(" › ")),
        [status, ...saidIn(failureMessages)].join(": "),
      );
  }
  return parts;
}

/** What is not where, nor which promise it is. */
function saidIn(messages: readonly string[] = []): readonly string[] {
  return messages.flatMap((message) => {
    const lines = message.split("\n").filter((line) => !/^ {4}at |broken promise: /.test(line));
    return [lines.join(" ").trim().slice(0, 200)];
  });
}

/** Two suites of one file may have one name. */
function nameIn(tests: Outcomes, name: string): string {
  return tests.has(name) ? nameIn(tests, `${name} again`) : name;
}

/** A test that gave one thing in process and another through the child. */
export interface Difference {
  readonly test: string;
  readonly inProcess: string;
  readonly hosted: string;
}

/** Tests that one of the two does not have are differences too. */
export function differences(inProcess: Outcomes, hosted: Outcomes): readonly Difference[] {
  return [...new Set([...inProcess.keys(), ...hosted.keys()])].flatMap((test) => {
    const pair = { inProcess: inProcess.get(test) ?? "absent", hosted: hosted.get(test) ?? "absent" };
    return pair.inProcess === pair.hosted ? [] : [{ test, ...pair }];
  });
}
