import { readFileSync } from "node:fs";
import { protocolSchemaText } from "@rotate/core";
import { expect, test } from "vitest";
import { protocolFile, renderSchema, schemaFile } from "../support/schemas.ts";

test("the published schema is what the sources say (npm run schemas)", async () => {
  expect(readFileSync(schemaFile, "utf8")).toBe(await renderSchema());
});

test("so is that of the frames of plugins", () => {
  expect(readFileSync(protocolFile, "utf8")).toBe(protocolSchemaText());
});
