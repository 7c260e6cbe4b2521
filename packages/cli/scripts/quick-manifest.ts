/** Of oclif's manifest what the short way reads at each start (`src/quick.ts`): a tenth of it, and in one byte a letter. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Manifest, quickCommands } from "../src/quick.ts";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
/** All that has a meaning there. */
const read = ["flags", "args", "type", "char", "env", "default", "required", "options", "multiple"];

const { version, commands } = JSON.parse(readFileSync(at("../oclif.manifest.json"), "utf8")) as Manifest;
const quick = quickCommands.map((id) => [
  id,
  { flags: namedIn(commands[id]!.flags), args: namedIn(commands[id]!.args) },
]);
writeFileSync(at("../dist/quick.json"), JSON.stringify({ version, commands: Object.fromEntries(quick) }));

function namedIn(all: Readonly<Record<string, object>>): object {
  return Object.fromEntries(Object.entries(all).map(([name, one]) => [name, pick(one)]));
}

function pick(one: object): object {
  return Object.fromEntries(Object.entries(one).filter(([key]) => read.includes(key)));
}
