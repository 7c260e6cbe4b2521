import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { postgresUnavailable, startPostgres, type Postgres } from "@rotate/doubles";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { folderWith, rotate } from "./support.ts";

let postgres: Postgres;
let nth = 0;

interface Fleet {
  readonly cwd: string;
  /** As one host, by its state directory. */
  readonly host: (name: string, argv: readonly string[], env?: Record<string, string>) => ReturnType<typeof rotate>;
}

/** One rotation that may move and one that may not, over a database that is prepared. */
async function fleet(): Promise<Fleet> {
  const { host: address, port, superuser, password } = postgres;
  const spec = `version: 1
name: fleet${nth++}
state: { type: postgres, url: { env: ROTATE_DB }, key: { file: rotate.key } }
providers: { j: { type: jwt, issuer: "https://issuer.example", key: { path: signing.pem } } }
rotations:
  moving:
    provider: j
    moves: true
    request: { audience: [app], ttl: 1h }
    sinks: [{ type: dotenv, path: moving.env, values: { T: "{{ token }}" } }]
  pinned:
    provider: j
    request: { audience: [app], ttl: 1h }
    sinks: [{ type: dotenv, path: pinned.env, values: { T: "{{ token }}" } }]
`;
  const cwd = folderWith({ "rotate.yaml": spec, "rotate.key": randomBytes(32).toString("base64") });
  const url = `postgres://${superuser}:${password}@${address}:${port}/postgres`;
  return {
    cwd,
    host: (name, argv, env = {}) =>
      rotate(argv, { cwd, env: { ROTATE_DB: url, ROTATE_STATE_DIR: join(cwd, name), ...env } }),
  };
}

describe.skipIf(postgresUnavailable())("rotate on more than one machine", () => {
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(async () => postgres.close());

  test("what may move is rotated by one host for all, what may not by each for itself, and what is wrong says what to do", async () => {
    const { cwd, host } = await fleet();
    const bare = await host("a", ["run"]);
    expect(bare.code).toBe(6);
    expect(bare.stderr).toContain("rotate state init");
    expect(await host("a", ["state", "init"])).toMatchObject({ code: 0 });
    expect(await host("a", ["run"])).toMatchObject({ code: 0 });
    const values = readFileSync(join(cwd, "moving.env"), "utf8");
    const second = await host("b", ["run", "--json"]);
    const outcomes = JSON.parse(second.stdout).rotations.map((each: { name: string; outcome: string }) => [
      each.name,
      each.outcome,
    ]);
    expect(Object.fromEntries(outcomes)).toEqual({ moving: "fresh", pinned: "rotated" });
    expect(readFileSync(join(cwd, "moving.env"), "utf8")).toBe(values);
    const history = await host("c", ["history", "moving", "--json"]);
    expect(JSON.parse(history.stdout).attempts).toHaveLength(1);
    writeFileSync(join(cwd, "rotate.key"), randomBytes(32).toString("base64"));
    const wrong = await host("b", ["status"]);
    expect(wrong).toMatchObject({ code: 6 });
    expect(wrong.stderr).toContain("the key that the others have");
    const away = await host("a", ["status", "--check"], { ROTATE_DB: "postgres://rotate@127.0.0.1:1/rotate" });
    expect(away.code).toBe(6);
    expect(away.stderr).toContain("does not answer");
  });

  test("`state` without a database in the spec, or without a word on what became of the old server, is a usage error", async () => {
    const { host } = await fleet();
    expect(await host("a", ["state", "adopt"])).toMatchObject({ code: 2 });
    const cwd = folderWith({
      "rotate.yaml": `version: 1
providers: { j: { type: jwt, issuer: "https://issuer.example", key: { path: signing.pem } } }
rotations: { app: { provider: j, sinks: [{ type: dotenv, path: .env, values: { T: "{{ token }}" } }] } }
`,
    });
    const local = await rotate(["state", "init"], { cwd });
    expect(local.code).toBe(2);
    expect(local.stderr).toContain("state: { type: postgres");
  });
});
