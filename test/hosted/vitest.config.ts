/** The contract suites of the built-ins, unchanged, with each part in the process that a package of others would have: npm run proof:hosted */
import { globSync, readFileSync } from "node:fs";
import { defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";

const conditions = ["rotate:src", ...defaultServerConditions];
const root = `${import.meta.dirname}/../..`;

/** The test files that have one. */
const suites = globSync("plugins/*/test/**/*.test.ts", { cwd: root }).filter((file) =>
  /\b(?:provider|sink|reload|probe|notifier)Contract\b/.test(readFileSync(`${root}/${file}`, "utf8")),
);

export default defineConfig({
  root,
  resolve: {
    conditions,
    alias: [{ find: /^@rotate\/testkit$/, replacement: `${import.meta.dirname}/testkit.ts` }],
  },
  ssr: { resolve: { conditions } },
  test: {
    name: "hosted",
    include: suites,
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
