import { availableParallelism } from "node:os";
import { defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";
import { compiled } from "./test/support/compiled.ts";
import { sharedOf } from "./test/support/sharing.ts";
import SlowFirst from "./test/support/slow-first.ts";

const conditions = ["rotate:src", ...defaultServerConditions];
/** The command line of these tests is the package. */
const globalSetup = "./test/support/pack-once.ts";
/** `ROTATE_TEST_COST=FILE npm test` says what each file costs. */
const setupFiles = process.env["ROTATE_TEST_COST"] === undefined ? [] : ["./test/support/cost.ts"];
/** Each file has a process of its own: what vitest itself is made of is compiled once, and not by each of them. */
const keepsCompiled = `import { enableCompileCache } from "node:module"; enableCompileCache(${JSON.stringify(compiled)});`;
const src = { resolve: { conditions }, ssr: { resolve: { conditions } } };

const unit = ["{packages,plugins}/*/test/**/*.test.ts"];
const across = ["test/**/*.test.ts", "docs/examples/**/*.test.ts", "packages/cli/test/**/*.test.ts"];
const e2e = ["test/e2e/**/*.test.ts"];

interface Files {
  readonly include: string[];
  readonly exclude: string[];
  readonly testTimeout?: number;
  readonly globalSetup?: string;
}

/** Two projects: of the files that have a process each, and of those that share some. */
function both(name: string, { include, exclude, testTimeout = 240_000, ...more }: Files) {
  const shared = sharedOf(include, exclude);
  const all = { ...more, setupFiles, testTimeout, hookTimeout: 240_000 };
  const alone = { ...all, name, include, exclude: [...exclude, ...shared] };
  const together = { ...all, name: `${name}-shared`, include: shared, isolate: false };
  return [alone, together].map((test) => ({ ...src, test }));
}

export default defineConfig({
  ...src,
  test: {
    reporters: ["default", "./test/support/closing-line.ts"],
    disableConsoleIntercept: true,
    // More than there are cores: most tests wait for processes, sockets and clocks.
    maxWorkers: Math.max(6, availableParallelism()),
    execArgv: ["--import", `data:text/javascript,${encodeURIComponent(keepsCompiled)}`],
    sequence: { sequencer: SlowFirst },
    projects: [
      ...both("unit", { include: unit, exclude: ["packages/cli/test/**"] }),
      ...both("across", { include: across, exclude: ["test/e2e/**"], globalSetup }),
      ...both("e2e", { include: e2e, exclude: [], globalSetup }),
    ],
  },
});
