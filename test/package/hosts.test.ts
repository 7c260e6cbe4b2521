/** The package on hosts that are not like a developer's: every command works there, and says nothing that only a programmer understands. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { packedCommandLine } from "../support/packed.ts";
import { hosts, layOut, openTo, run } from "./hosts.ts";

const { installed } = packedCommandLine();
const manifest: { readonly commands: object } = JSON.parse(
  readFileSync(join(installed, "oclif.manifest.json"), "utf8"),
);

/** What a user does in the end, with the exit code. */
const tour: readonly (readonly [words: string, code: number, says: RegExp])[] = [
  ["--version", 0, /^@rotate\/cli\/\d/],
  ["validate", 0, /valid, 1 rotation: app/],
  ["plan", 0, /app/],
  ["run", 0, /^app {2}rotated/m],
  ["run --json", 0, /"outcome": "fresh"/],
  ["status", 0, /^app .*fresh/m],
  ["history", 0, /app/],
  ["needs-rotation app", 1, /^/],
  ["credential app --format token", 0, /^ey[\w.-]+$/],
  ["explain ROTATE_MINT_DENIED", 0, /permission/],
  ["eject app --yes", 0, /app/],
  ["revoke app --yes", 0, /app/],
  ["forget app --yes", 0, /app/],
  ["statsu", 2, /did you mean "status"/],
];

/** A stack, a warning of Node's, or a word of the system that no sentence explains. */
const raw = /^\s+at .*[:(]|node:internal|\buv_|\(node:\d|\[object |\bundefined\b/m;

describe.each(hosts)("$name", (host) => {
  const why = host.lacking === undefined ? "" : ` (${host.lacking})`;

  test.skipIf(host.lacking)(`every command works${why}`, () => {
    const place = layOut();
    for (const [words, code, says] of tour) {
      const ended = run(host, place, words);
      expect({ words, ...ended }).toMatchObject({ words, code, output: expect.stringMatching(says) });
      expect(ended.output).not.toMatch(raw);
    }
    expect(openTo(place)).toEqual([]);
  });
});

const [stranger] = hosts;

test.skipIf(stranger.lacking)(
  `every command explains itself to a stranger${stranger.lacking ? ` (${stranger.lacking})` : ""}`,
  () => {
    const place = layOut();
    for (const command of Object.keys(manifest.commands)) {
      const { code, output } = run(stranger, place, `${command.replaceAll(":", " ")} --help`);
      expect({ command, code, output }).toMatchObject({
        code: 0,
        output: expect.stringContaining(`$ rotate ${command.replaceAll(":", " ")}`),
      });
    }
  },
);
