import { writeSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

function countModule(module: TestModule, counts: Counts): void {
  const tests = [...module.children.allTests()];
  for (const test of tests) {
    const { state } = test.result();
    counts[state === "passed" || state === "failed" ? state : "skipped"]++;
  }
  const unloadable = module.state() === "failed" && !tests.some((test) => test.result().state === "failed");
  if (unloadable) counts.failed++;
}

/** Prints `12 passed, 0 failed, 1 skipped` as the very last line of a run. Vitest wants a class here. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const counts: Counts = { passed: 0, failed: unhandled.length, skipped: 0 };
    for (const module of modules) countModule(module, counts);
    process.once("exit", () =>
      writeSync(1, `\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`),
    );
  }
}
