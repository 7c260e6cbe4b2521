import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtins } from "@rotate/builtins";
import { createCatalog, loadSpec, openEngine, openLocalBackend } from "@rotate/core";
import { createRuntime } from "@rotate/runtime";
import { afterEach, beforeEach, expect, test } from "vitest";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "rotate-once-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

function rotationFor(name: string): string {
  return `  ${name}:
    provider: it
    request: { format: token, expiresIn: 1h }
    retry: { initial: 10ms, max: 10ms }
    sinks: [{ type: file, path: { exec: [sh, -c, 'echo p >> "$HOME/count"; echo "$HOME/${name}"'] }, values: { content: "{{ token }}" } }]
`;
}

/** A login by a password manager, of which each reading counts; two rotations use it. */
function specWith(mints: string): string {
  return `version: 1
name: once
providers:
  it: { type: exec, command: [sh, -c, '${mints}'], secretEnv: { LOGIN: { exec: [sh, -c, 'echo s >> "$HOME/count"; echo secret'] } } }
rotations:
${rotationFor("a")}${rotationFor("b")}`;
}

async function readings(mints: string): Promise<{ readonly outcomes: readonly string[]; readonly read: string }> {
  const file = join(home, "r.yaml");
  const { spec, diagnostics } = await loadSpec({ file, text: specWith(mints), catalog: createCatalog(builtins), home });
  if (spec === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  const env = { HOME: home, PATH: process.env["PATH"] };
  const runtime = createRuntime({ env, log: { write: () => undefined } });
  const backend = await openLocalBackend({ spec, runtime, stateDir: join(home, "state") });
  try {
    const { rotations } = await (await openEngine({ spec, runtime, backend })).run({ timeout: 0, concurrency: 1 });
    const lines = (await readFile(join(home, "count"), "utf8")).trimEnd().split("\n");
    return {
      outcomes: rotations.map(({ outcome, reason }) => (outcome === "failed" ? reason : outcome)),
      read: lines.toSorted().join(""),
    };
  } finally {
    await backend.close();
  }
}

test("a run reads each `{ exec: … }` once, whatever asks for it", async () => {
  expect(await readings("date +a-token-of-%s-%N")).toEqual({ outcomes: ["rotated", "rotated"], read: "pps" });
});

test("after a refusal it is read anew: the login may have been changed", async () => {
  expect(await readings("exit 1")).toMatchObject({ read: "ppss" });
});
