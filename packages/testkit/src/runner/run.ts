/** Tries contracts without a test runner. */
import type { Failure, Promised, Suite } from "../contracts/contract.ts";
import { type PromiseResult, type Report, reportOf } from "./report.ts";

/** Options of `runSuites`. */
export interface RunSuitesOptions {
  /** Told of each promise as it has been tried, in their order. */
  readonly onResult?: (result: PromiseResult, suite: Suite) => void;
  /** Milliseconds for one promise; default 60 s. What goes on longer has broken it. */
  readonly timeout?: number;
}

/** Tries every promise that applies, one after another, each on a stage of its own. Never throws for what a part does. */
export async function runSuites(suites: readonly Suite[], options: RunSuitesOptions = {}): Promise<Report> {
  const tried = [];
  for (const suite of suites) tried.push({ title: suite.title, results: await resultsOf(suite, options) });
  return reportOf(tried);
}

async function resultsOf(suite: Suite, options: RunSuitesOptions): Promise<readonly PromiseResult[]> {
  const results: PromiseResult[] = [];
  for (const promised of suite.promises) {
    const result = await resultOf(promised, options);
    results.push(result);
    options.onResult?.(result, suite);
  }
  return results;
}

async function resultOf(
  { applies, run, ...promised }: Promised,
  { timeout = 60_000 }: RunSuitesOptions,
): Promise<PromiseResult> {
  if (!applies) return { ...promised, outcome: "unconcerned", durationMs: 0 };
  const began = performance.now();
  const failure = await withinLimit(run, timeout);
  const durationMs = Math.round(performance.now() - began);
  return { ...promised, outcome: failure === undefined ? "kept" : "broken", durationMs, ...(failure && { failure }) };
}

async function withinLimit(run: Promised["run"], timeout: number): Promise<Failure | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Failure>((resolve) => {
    const message = `it was not done within ${timeout / 1000} s: a call, or the harness, does not end`;
    timer = setTimeout(() => resolve({ message, stack: "" }), timeout);
  });
  try {
    return await Promise.race([run(), late]);
  } finally {
    clearTimeout(timer);
  }
}
