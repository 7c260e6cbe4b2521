/** Which test files share a process with others. */
import { expect, test } from "vitest";
import { sharedOf } from "../support/sharing.ts";

const shared = sharedOf(["{packages,plugins}/*/test/**/*.test.ts", "test/**/*.test.ts"], []);

test.each([
  ["replaces a module", "packages/core/test/local/folders.test.ts"],
  ["turns the clock", "packages/runtime/test/clock.test.ts"],
  ["changes the environment", "packages/cli/test/traces.test.ts"],
  ["has a helper that cleans up after one file", "plugins/databricks/test/auth.test.ts"],
  ["counts what is open", "packages/core/test/watch/daemon.test.ts"],
  ["takes long", "packages/core/test/weeks/weeks.test.ts"],
])("one that %s is alone", (_, file) => {
  expect(shared).not.toContain(file);
});

test("most are not alone", () => {
  expect(shared.length).toBeGreaterThan(300);
});
