/** A file sink of others keeps what a built-in one keeps: in the author's own tests, as a package in a process of its own, and as a program. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRuntime, loadProgram, proposePlugin } from "@rotate/core";
import type { Sink } from "@rotate/plugin-kit";
import { defineFileSink } from "@rotate/plugin-kit/files";
import { sinkContract } from "@rotate/testkit";
import { afterAll, describe, expect, test } from "vitest";
import { readSettings, writeSettings } from "./settings.ts";

const folder = mkdtempSync(join(tmpdir(), "rotate-file-sinks-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let places = 0;

async function loaded(name: string): Promise<Sink> {
  const runtime = createRuntime({ log: { write: () => undefined } });
  const { signal } = runtime.deadline(60_000);
  await (await proposePlugin(name, folder, { ...runtime, signal })).approve();
  return (await loadProgram(name, folder)).plugin.sinks[0]!;
}

const keys = { pattern: "^[a-z]+$", description: "a name" };
/** The same for those who run JavaScript. */
const settings = stripTypeScriptTypes(readFileSync(join(import.meta.dirname, "settings.ts"), "utf8"));

const inProcess = defineFileSink({
  type: "settings",
  options: { type: "object", properties: { separator: { type: "string", default: "=" } } },
  keys,
  edit: (before, values, { separator }) =>
    writeSettings(
      before?.toString(),
      Object.entries(values).map(([key, value]) => [key, value.reveal()]),
      separator,
    ),
  read: (content, names) => readSettings(content.toString(), names),
});

async function asPackage(): Promise<Sink> {
  const own = join(folder, "node_modules/rotate-plugin-settings");
  mkdirSync(own, { recursive: true });
  const manifest = { name: "rotate-plugin-settings", version: "1.0.0", type: "module", exports: "./index.js" };
  writeFileSync(join(own, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(own, "settings.js"), settings);
  writeFileSync(
    join(own, "index.js"),
    `import { definePlugin } from "@rotate/plugin-kit";
import { defineFileSink } from "@rotate/plugin-kit/files";
import { readSettings, writeSettings } from "./settings.js";
export default definePlugin({ sinks: [defineFileSink({
  type: "settings",
  options: { type: "object", properties: { separator: { type: "string", default: "=" } } },
  keys: ${JSON.stringify(keys)},
  edit: (before, values, { separator }) =>
    writeSettings(before?.toString(), Object.entries(values).map(([key, value]) => [key, value.reveal()]), separator),
  read: (content, names) => readSettings(content.toString(), names),
})] });`,
  );
  return loaded("rotate-plugin-settings");
}

async function asProgram(): Promise<Sink> {
  const part = {
    type: "settings",
    file: "{path}",
    verbs: ["edit", "read"],
    keys,
    options: { type: "object", properties: { separator: { type: "string", default: "=" } } },
  };
  writeFileSync(
    join(folder, "settings.mjs"),
    `#!${process.execPath}
${settings.replaceAll("export ", "")}
const { createInterface } = await import("node:readline");
const text = (base64) => base64 === null ? undefined : Buffer.from(base64, "base64").toString();
for await (const line of createInterface({ input: process.stdin })) {
  const { id, call, before, values, content, keys, options } = JSON.parse(line);
  const ok = call === "describe" ? ${JSON.stringify({ protocol: 1, sinks: [part] })}
    : call === "edit" ? { after: Buffer.from(writeSettings(text(before), Object.entries(values), options.separator)).toString("base64") }
    : readSettings(text(content), keys);
  process.stdout.write(JSON.stringify({ id, ok }) + "\\n");
}
`,
  );
  chmodSync(join(folder, "settings.mjs"), 0o755);
  return loaded("./settings.mjs");
}

const sinks = {
  "in the author's tests": inProcess,
  "as a package": await asPackage(),
  "as a program": await asProgram(),
};

describe.each(Object.entries(sinks))("%s", (_, sink) => {
  test("it has the options of every file sink, and its own", () => {
    expect(Object.keys(sink.options.properties ?? {})).toEqual(
      expect.arrayContaining(["path", "separator", "mode", "owner", "group", "write", "existing", "validate"]),
    );
    expect(sink.target({ path: "/etc/app.conf" })).toBe("/etc/app.conf");
  });

  sinkContract(
    { describe, test },
    {
      sink,
      start() {
        const directory = join(folder, `place-${places++}`);
        mkdirSync(directory);
        const path = join(directory, "app.conf");
        writeFileSync(path, "# by hand\nname = app\n", { mode: 0o640 });
        const values = [{ token: "first-token-text" }, { token: "second-token-text" }] as const;
        return { options: { path, separator: " = " }, path, values };
      },
      snapshot: ({ path }) => ({ text: readFileSync(path, "utf8"), mode: statSync(path).mode }),
      readBack: ({ path }) => readSettings(readFileSync(path, "utf8"), ["token"]),
      meddle: ({ path }) => writeFileSync(path, "token = by-somebody-else\n"),
      refuse({ path }) {
        rmSync(path);
        mkdirSync(path);
      },
    },
  );
});
