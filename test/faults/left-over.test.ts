import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folderWith, rotate, type Result } from "../../packages/cli/test/support.ts";

/** The command that looks at what was staged ends the process that staged it, once; from then on nothing is minted. */
const spec = `version: 1
name: left-over
providers:
  p: { type: exec, command: [sh, -c, "[ ! -e killed ] || exit 1; echo a-token-that-was-minted"], cwd: . }
rotations:
  app:
    provider: p
    request: { format: token, expiresIn: 1h }
    sinks:
      - type: dotenv
        path: .env
        values: { TOKEN: "{{ token }}" }
        validate: { command: [sh, -c, 'cd "\${0%/*}" && touch killed && kill -9 $PPID', "{staged}"] }
`;

/** A folder in which a run was killed with a credential staged beside its target. */
async function killedRun(): Promise<string> {
  const cwd = folderWith({ "rotate.yaml": spec, ".env": "PORT=8080\n" });
  expect(await rotate(["run"], { cwd })).toMatchObject({ signal: "SIGKILL" });
  expect(temporariesIn(cwd)).toHaveLength(1);
  return cwd;
}

function temporariesIn(cwd: string): readonly string[] {
  return readdirSync(cwd).filter((name) => name.startsWith(".rotate-tmp-"));
}

test.each<[string, readonly string[], Partial<Result>]>([
  ["the next run, though nothing can be minted", ["run"], { code: 1 }],
  ["a revocation", ["revoke", "app", "--yes"], {}],
  ["an ejection that leaves the targets as they are", ["eject", "app", "--keep", "--yes"], {}],
])("a credential that a killed run staged is gone after %s", async (_what, argv, ended) => {
  const cwd = await killedRun();
  expect(await rotate(argv, { cwd })).toMatchObject(ended);
  expect(temporariesIn(cwd)).toEqual([]);
  expect(existsSync(join(cwd, "killed"))).toBe(true);
  expect(readFileSync(join(cwd, ".env"), "utf8")).toBe("PORT=8080\n");
});
