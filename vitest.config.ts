import { availableParallelism } from "node:os";
import { defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";
import { compiled } from "./test/support/compiled.ts";
import { shared } from "./test/support/sharing.ts";
import SlowFirst from "./test/support/slow-first.ts";

const conditions = ["rotate:src", ...defaultServerConditions];
/** The command line of these tests is the package. */
const globalSetup = "./test/support/pack-once.ts";
/** `ROTATE_TEST_COST=FILE npm test` says what each file costs. */
const setupFiles = process.env["ROTATE_TEST_COST"] === undefined ? [] : ["./test/support/cost.ts"];
/** Each file has a process of its own: what vitest itself is made of is compiled once, and not by each of them. */
const keepsCompiled = `import { enableCompileCache } from "node:module"; enableCompileCache(${JSON.stringify(compiled)});`;
const src = { resolve: { conditions }, ssr: { resolve: { conditions } } };

export default defineConfig({
  ...src,
  test: {
    reporters: ["default", "./test/support/closing-line.ts"],
    disableConsoleIntercept: true,
    // More than there are cores: most tests wait for processes, sockets and clocks.
    maxWorkers: Math.max(4, availableParallelism()),
    execArgv: ["--import", `data:text/javascript,${encodeURIComponent(keepsCompiled)}`],
    sequence: { sequencer: SlowFirst },
    projects: [
      {
        ...src,
        test: {
          name: "unit",
          setupFiles,
          include: ["{packages,plugins}/*/test/**/*.test.ts"],
          exclude: ["packages/cli/test/**", ...shared],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...src,
        test: {
          name: "unit-shared",
          setupFiles,
          include: [...shared],
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...src,
        test: {
          name: "across",
          setupFiles,
          include: ["test/**/*.test.ts", "docs/examples/**/*.test.ts", "packages/cli/test/**/*.test.ts"],
          exclude: ["test/e2e/**"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          globalSetup,
        },
      },
      {
        ...src,
        test: { name: "e2e", setupFiles, include: ["test/e2e/**/*.test.ts"], testTimeout: 120_000, globalSetup },
      },
    ],
  },
});
