import { existsSync, readFileSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folderWith, startAsking, type Asking } from "./support.ts";

/** Resolves when the file is there. */
function appeared(folder: string, name: string): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(folder, () => {
      if (!existsSync(join(folder, name))) return;
      watcher.close();
      resolve();
    });
  });
}

/** Resolves when the process says that it waits for another one. */
function waits({ child }: Asking): Promise<void> {
  return new Promise((resolve, reject) => {
    let heard = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      heard += chunk.toString();
      if (heard.includes("waiting for another process")) resolve();
    });
    child.on("close", () => reject(new Error(`ended without waiting: ${heard}`)));
  });
}

/** Neither cache nor a sink that could be read: what was minted goes from process to process. */
function slowIssuer(): string {
  return folderWith({
    "mint.sh": "echo $$ >> mints; while [ ! -e go ]; do sleep 0.05; done; printf 'secret-number-%s' $$",
    "rotate.yaml": `version: 1
name: once
providers:
  issuer: { type: exec, command: [/bin/sh, mint.sh], cwd: . }
rotations:
  api:
    provider: issuer
    request: { format: token, expiresIn: 1h }
    sinks: [{ type: env, values: { API_TOKEN: "{{ token }}" } }]
`,
  });
}

test("of all who wait one mints, and all get the same", async () => {
  const at = slowIssuer();
  const minting = appeared(at, "mints");
  const first = startAsking(at, ["api", "--format", "token"]);
  await minting;
  const others = [1, 2, 3].map(() => startAsking(at, ["api", "--format", "token"]));
  await Promise.all(others.map(waits));
  writeFileSync(join(at, "go"), "");
  const answers = await Promise.all([first, ...others].map(({ ended }) => ended));
  expect(answers.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  expect(new Set(answers.map(({ stdout }) => stdout)).size).toBe(1);
  expect(readFileSync(join(at, "mints"), "utf8").trimEnd().split("\n")).toHaveLength(1);
});

test("when the one that mints is killed, another one does", async () => {
  const at = slowIssuer();
  const minting = appeared(at, "mints");
  const first = startAsking(at, ["api", "--format", "token"]);
  await minting;
  const second = startAsking(at, ["api", "--format", "token"]);
  await waits(second);
  writeFileSync(join(at, "go"), "");
  first.child.kill("SIGKILL");
  expect(await second.ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^secret-number-/) });
});
