import { readFileSync } from "node:fs";
import { Command, Config } from "@oclif/core";
import type { PJSON } from "@oclif/core/interfaces";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { NeedsRotation } from "../src/commands/needs-rotation.ts";
import { Run } from "../src/commands/run.ts";
import { Status } from "../src/commands/status.ts";
import { Watch } from "../src/commands/watch.ts";
import { type Manifest, parseQuickly } from "../src/quick.ts";

const classes = { run: Run, status: Status, "needs-rotation": NeedsRotation, watch: Watch };

/** As `oclif manifest` writes it, as far as it is read. */
function manifestOf(): Manifest {
  const commands = Object.entries(classes).map(([id, { flags, baseFlags, args, enableJsonFlag }]) => {
    const all = { ...(enableJsonFlag && { json: { type: "boolean" } }), ...baseFlags, ...flags };
    return [id, JSON.parse(JSON.stringify({ flags: all, args }))] as const;
  });
  return { version: "1.2.3", commands: Object.fromEntries(commands) };
}

const manifest = manifestOf();
let config: Config;

beforeAll(async () => {
  const root = new URL("..", import.meta.url).pathname;
  const { oclif, ...pjson } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as PJSON;
  config = await Config.load({ root, pjson: { ...pjson, oclif: { bin: oclif.bin ?? "rotate" } } });
});

/** The same words by oclif; undefined where it refuses them. */
async function parseByOclif(id: keyof typeof classes, argv: string[]): Promise<object | undefined> {
  const words = new (classes[id] as unknown as new (argv: string[], config: Config) => Command)(argv, config);
  try {
    const { flags, args } = await (
      words as unknown as { input: () => Promise<{ flags: object; args: object }> }
    ).input();
    return { flags: known(flags), args: known(args) };
  } catch {
    return undefined;
  }
}

/** Absent, undefined and false are one. */
function known(values: object): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== false));
}

test("the short way takes the usual command lines", () => {
  const quick = parseQuickly(["run", "a", "b", "-f", "x.yaml", "--json", "--every", "5m"], manifest, {});
  expect(quick).toEqual({
    id: "run",
    version: "1.2.3",
    flags: { file: "x.yaml", json: true, every: "5m", "log-level": "info", "log-format": "text" },
    args: { names: ["a", "b"] },
  });
});

test.each([
  [["run", "--help"]],
  [["run", "--forc"]],
  [["run", "--log-level", "loud"]],
  [["run", "--file"]],
  [["needs-rotation"]],
  [["needs-rotation", "a", "b"]],
  [["history"]],
  [["--version"]],
  [["help", "run"]],
  [[]],
  [["run", "--", "a"]],
  [["__proto__"]],
])("%j takes the long way, where it is explained", (argv) => {
  expect(parseQuickly(argv, manifest, {})).toBeUndefined();
});

test("the environment presets a flag, and the command line wins", () => {
  const env = { ROTATE_FILE: "env.yaml", ROTATE_STATE_DIR: "/state" };
  expect(parseQuickly(["status"], manifest, env)?.flags).toMatchObject({ file: "env.yaml", "state-dir": "/state" });
  expect(parseQuickly(["status", "-f", "own.yaml"], manifest, env)?.flags).toMatchObject({ file: "own.yaml" });
});

const words = [
  "",
  ..."-f x.yaml -fx.yaml --file=y.yaml --json --force --dry-run --check -w --watch".split(" "),
  ..."--timeout 5m --timeout=1s --log-level debug --log-level=loud app db-* - -x".split(" "),
  ..."--label eu --label=us --listen 9465 --listen-host a".split(" "),
];

test("whatever the short way understands, oclif understands alike", async () => {
  const word = fc.constantFrom(...words);
  const id = fc.constantFrom(...(Object.keys(classes) as (keyof typeof classes)[]));
  await fc.assert(
    fc.asyncProperty(id, fc.array(word, { maxLength: 6 }), async (command, argv) => {
      const quick = parseQuickly([command, ...argv], manifest, {});
      if (quick === undefined) return;
      expect(await parseByOclif(command, argv)).toEqual({ flags: known(quick.flags), args: known(quick.args) });
    }),
    { numRuns: 300 },
  );
});
