/** Programs that are written in a test, called as the engine calls them. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRuntime, createContext, type Runtime } from "@rotate/runtime";
import type { MintContext, Plugin } from "@rotate/plugin-kit";
import { onTestFinished } from "vitest";
import { loadProgram, proposePlugin } from "../../src/plugins/plugins.ts";

/** What a sound provider says of itself. */
export const sound = {
  protocol: 1,
  providers: [
    {
      type: "acme",
      options: { type: "object", properties: { key: { type: "string", secret: true } } },
      fields: { token: { secret: true, description: "a token" } },
      verbs: ["mint"],
    },
  ],
};

/** What a sound program answers to `mint`. */
export const minted = { fields: { token: "a-token-for-a-test" }, expires: { in: 3_600_000 } };

/** A program in the language of this test: `answer` is the body of what happens on a call other than `describe`. */
export function programOf(answer: string, description: object = sound): string {
  return `#!${process.execPath}
const write = (text) => process.stdout.write(text);
const send = (frame) => write(JSON.stringify(frame) + "\\n");
const minted = ${JSON.stringify(minted)};
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const call = JSON.parse(line);
  if (call.call === "describe") return send({ id: call.id, ok: ${JSON.stringify(description)} });
  ${answer}
});
`;
}

/** A folder with one program, `./p`. */
export function folderOf(program: string): string {
  const folder = mkdtempSync(join(tmpdir(), "rotate-program-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  replace(folder, program);
  return folder;
}

/** Writes the program anew. */
export function replace(folder: string, program: string): void {
  writeFileSync(join(folder, "p"), program);
  chmodSync(join(folder, "p"), 0o755);
}

/** A runtime whose log is kept. */
export function runtimeWith(lines: string[] = []): Runtime {
  return createRuntime({ log: { write: (line) => void lines.push(line), level: "debug" } });
}

/** A context of a call that ends after so many milliseconds. */
export function contextOf(runtime: Runtime, { limit = 20_000 } = {}): MintContext {
  const { signal } = runtime.deadline(limit);
  return { ...createContext({ runtime, options: {}, signal }), login: undefined, leaseId: "rotate-test" };
}

/** Approves the program of a folder, and loads it as a spec does. */
export async function approved(folder: string, runtime: Runtime): Promise<Plugin> {
  const proposal = await proposePlugin("./p", folder, contextOf(runtime));
  await proposal.approve();
  return (await loadProgram("./p", folder)).plugin;
}

/** A plugin of a program, approved. */
export async function pluginWith(program: string, runtime = runtimeWith()): Promise<Plugin> {
  return approved(folderOf(program), runtime);
}
