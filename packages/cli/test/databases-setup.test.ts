/** What `rotate databases setup` prints is what an administrator runs; that it is enough is shown on real servers, in test/e2e/databases.test.ts. */
import { expect, test } from "vitest";
import { folderWith, rotate } from "./support.ts";

const sinkOf = (name: string): string =>
  `sinks: [{ type: dotenv, path: ${name}.env, values: { USER: "{{ username }}", PASSWORD: "{{ password }}" } }]`;
const spec = `version: 1
providers:
  db: { type: postgres-user, host: db.internal, database: shop, user: { env: DB_USER }, password: { env: DB_PASSWORD } }
  cache: { type: redis-user, nodes: ["a:6379", "b:6379"], user: rotate, password: { env: REDIS_PASSWORD } }
rotations:
  web: { provider: db, request: { group: app }, ${sinkOf("web")} }
  jobs: { provider: db, request: { group: app }, ${sinkOf("jobs")} }
  sessions: { provider: cache, request: { rules: ["~app:*"] }, refresh: { every: 12h }, ${sinkOf("sessions")} }
`;

async function setup(text: string, ...argv: readonly string[]) {
  return rotate(["databases", "setup", ...argv], { cwd: folderWith({ "rotate.yaml": text }) });
}

test("each server gets a script that says where it is run and what has to be there, without a password", async () => {
  const { code, stdout } = await setup(spec);
  expect(code).toBe(0);
  const [sql = "", redis = ""] = stdout.split("\n\n");
  expect(sql).toContain("-- db (postgres-user), for web, jobs");
  expect(sql).toContain("-- Run on db.internal:5432, database shop, as a superuser.");
  expect(redis).toContain("# Run on each of a:6379, b:6379, as an administrator.");
  expect(redis).toContain("\nACL SETUSER rotate on resetchannels -@all +acl|setuser");
  expect(stdout).not.toContain("DB_PASSWORD");
});

test("rotations that share a group share a ring, which is large enough for all of them", async () => {
  const { stdout } = await setup(spec, "--json");
  const { providers } = JSON.parse(stdout) as { providers: { statements: string[] }[] };
  const made = providers[0]!.statements.filter((statement) => statement.startsWith("create role"));
  expect(made.map((statement) => statement.split(" ")[2])).toEqual(["app_a", "app_b", "app_c", "app_d", "app_e"]);
});

test("a name that is only known when rotate runs is left for the administrator to put in", async () => {
  const { stdout } = await setup(spec, "web");
  expect(stdout).toContain('grant usage on schema rotate_app to "{ env: DB_USER }";');
  expect(stdout).toContain("-- Where { env: DB_USER } stands, put what it leads to.");
  expect(stdout).not.toContain("ACL SETUSER");
});

test("a name that no rotation has is a usage error, and a spec without databases says so", async () => {
  expect(await setup(spec, "nobody")).toMatchObject({ code: 2, stdout: "" });
  const none = `version: 1
providers: { key: { type: jwt, key: { path: key.pem }, issuer: shop } }
rotations: { api: { provider: key, sinks: [{ type: dotenv, path: .env, values: { TOKEN: "{{ token }}" } }] } }
`;
  const { code, stdout, stderr } = await setup(none);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  expect(stderr).toContain("makes users of a database");
});
