import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { renderSchema, schemaFile } from "../support/schemas.ts";

test("the published schema is what the sources say (npm run schemas)", async () => {
  expect(readFileSync(schemaFile, "utf8")).toBe(await renderSchema());
});
