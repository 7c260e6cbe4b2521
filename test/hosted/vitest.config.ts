/** The contract suites of the built-ins, unchanged, with each part in the process that a package of others would have; with ROTATE_SUITES="in process", in this one. */
import { defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";
import { root } from "../support/workspace.ts";
import { suites } from "./suites.ts";

const conditions = ["rotate:src", ...defaultServerConditions];
const hosted = [{ find: /^@rotate\/testkit$/, replacement: `${import.meta.dirname}/testkit.ts` }];

export default defineConfig({
  root,
  resolve: { conditions, alias: process.env["ROTATE_SUITES"] === "in process" ? [] : hosted },
  ssr: { resolve: { conditions } },
  test: {
    name: "hosted",
    include: [...suites()],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
