import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { renderCliDocs } from "../support/cli-docs.ts";
import { packedCommandLine } from "../support/packed.ts";
import { root } from "../support/workspace.ts";

test("docs/cli.md says what the commands say (npm run docs writes it)", () => {
  expect(readFileSync(join(root, "docs/cli.md"), "utf8")).toBe(renderCliDocs(packedCommandLine().entry));
});
