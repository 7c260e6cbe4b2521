/** schemas/, made from the schema literals of the engine and the built-in plugins, and from what frames are held to. `npm run schemas` writes it; a test compares. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createCatalog, protocolSchemaText, publishedSchemaText } from "@rotate/core";
import { builtins } from "@rotate/builtins";
import { root } from "./workspace.ts";

/** Where an editor finds the schema of a spec. */
export const schemaFile = join(root, "schemas/rotate.v1.schema.json");

/** Where an author of a program finds the schemas of its frames. */
export const protocolFile = join(root, "schemas/plugin-protocol.v1.schema.json");

/** The schema of a spec with every built-in plugin. */
export function renderSchema(): Promise<string> {
  return publishedSchemaText(createCatalog(builtins));
}

if (import.meta.main) {
  mkdirSync(dirname(schemaFile), { recursive: true });
  writeFileSync(schemaFile, await renderSchema());
  writeFileSync(protocolFile, protocolSchemaText());
}
