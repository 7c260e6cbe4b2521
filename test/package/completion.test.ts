/** The package's completion in real shells, and its manual pages by the program that shows them. */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { compiled } from "../support/compiled.ts";
import { packedCommandLine } from "../support/packed.ts";
import { root } from "../support/workspace.ts";

const { entry, installed } = packedCommandLine();

function isThere(program: string): boolean {
  return spawnSync(program, ["--version"]).status === 0;
}

function rotation(name: string): string {
  return `  ${name}: { provider: own, request: { subject: app, audience: [api] }, sinks: [{ type: file, path: ${name}, values: { content: "{{ token }}" } }] }\n`;
}

/** A folder with a spec of two rotations, and `rotate` on the PATH. */
function deskOf(): { readonly folder: string; readonly env: Readonly<Record<string, string>> } {
  const folder = mkdtempSync(join(tmpdir(), "rotate-shell-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(
    join(folder, "rotate.yaml"),
    `version: 1\nproviders: { own: { type: jwt, issuer: "https://issuer.example", key: { path: key.pem } } }\nrotations:\n${rotation("app-db")}${rotation("app.queue")}`,
  );
  writeFileSync(join(folder, "rotate"), `#!/bin/sh\nexec '${process.execPath}' '${entry}' "$@"\n`);
  chmodSync(join(folder, "rotate"), 0o755);
  return { folder, env: { HOME: folder, PATH: `${folder}:/usr/bin:/bin`, NODE_COMPILE_CACHE: compiled } };
}

test.skipIf(!isThere("bash"))("bash completes commands, flags, their values, names of rotations and files", () => {
  const { folder, env } = deskOf();
  const script = `
source <(rotate completion bash)
try() {
  COMP_WORDS=("$@"); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); COMPREPLY=()
  _rotate
  echo "$(IFS=,; echo "\${COMPREPLY[*]}")"
}
try rotate plug
try rotate run app
try rotate run --log-level = de
try rotate init --issuer vault-
try rotate plan -f rot
try rotate explain rotations.refresh.ev
`;
  const { stdout, stderr } = spawnSync("bash", ["-c", script], { cwd: folder, env, encoding: "utf8" });
  expect([stdout.split("\n"), stderr]).toEqual([
    [
      "plugin",
      "app-db,app.queue",
      "debug",
      "vault-kv,vault-static-role",
      "rotate,rotate.yaml",
      "rotations.refresh.every",
      "",
    ],
    "",
  ]);
});

test.skipIf(!isThere("fish"))("fish completes the same", () => {
  const { folder, env } = deskOf();
  const script = `rotate completion fish | source; complete -C "rotate run app"; complete -C "rotate status --log-level "`;
  const { stdout } = spawnSync("fish", ["--no-config", "-c", script], { cwd: folder, env, encoding: "utf8" });
  expect(stdout.trim().split("\n").toSorted()).toEqual(["app-db", "app.queue", "debug", "error", "info", "warn"]);
});

test.skipIf(!isThere("zsh"))("zsh takes the script, which asks for the words up to the cursor", () => {
  const { folder, env } = deskOf();
  const script = `
compdef() { :; }
eval "$(rotate completion zsh)"
_describe() { print -l -- "\${(@P)4}"; }
words=(rotate run app); CURRENT=3
_rotate
`;
  const { stdout, stderr } = spawnSync("zsh", ["-f", "-c", script], { cwd: folder, env, encoding: "utf8" });
  expect([stdout.split("\n"), stderr]).toEqual([["app-db:", "app.queue:", ""], ""]);
});

const pages = readdirSync(join(installed, "man"));

test("every command has its manual page", () => {
  const files = readdirSync(join(root, "packages/cli/src/commands"), { recursive: true, encoding: "utf8" });
  const commands = files.filter((file) => file.endsWith(".ts")).map((file) => file.slice(0, -3).replaceAll("/", "-"));
  expect(pages.toSorted()).toEqual(["rotate.1", ...commands.map((command) => `rotate-${command}.1`)].toSorted());
});

test.skipIf(!isThere("groff"))(
  "manual pages are shown without a warning, with every word of the options (needs groff)",
  () => {
    const paths = pages.map((page) => join(installed, "man", page));
    const { stderr } = spawnSync("groff", ["-man", "-Tutf8", "-ww", "-z", ...paths], { encoding: "utf8" });
    expect(stderr).toBe("");
    const shown = execFileSync("groff", ["-man", "-Tascii", "-P-cbou", join(installed, "man/rotate-run.1")], {
      encoding: "utf8",
    });
    expect(shown).toMatch(/--lock-timeout DURATION/);
    expect(shown).toMatch(/EXIT STATUS/);
  },
);
