import { randomBytes } from "node:crypto";
import { createDatabricksDouble, postgresUnavailable, type LakebaseGateway } from "@rotate/doubles";
import { expect, onTestFinished, test } from "vitest";
import { startDatabase, urlInDotenv } from "./database.ts";
import { expectFresh, expectQuiet, expectRefused, expectRotated, formerLeases, layOut, logIn } from "./support.ts";

const endpoint = "projects/app/branches/production/endpoints/primary";
const pat = `dapi${randomBytes(16).toString("hex")}`;

const spec = (database: LakebaseGateway): string => `version: 1
name: databricks-postgres-e2e
providers:
  lakebase:
    type: databricks-postgres
    host: { env: DATABRICKS_HOST }
    auth: { method: pat, token: { env: DATABRICKS_TOKEN } }
rotations:
  app:
    provider: lakebase
    request: { endpoint: ${endpoint}, ttl: 1h }
    verify:
      - { type: postgres, host: localhost, port: ${database.port}, user: app, password: "{{ token }}", ca: ca.pem }
    sinks:
      - ${urlInDotenv(database)}
    reload:
      - ${logIn}
`;

/** A workspace, and a database that knows its credentials and notes those that it let in. */
async function setUp() {
  const workspace = await createDatabricksDouble({ pats: { [pat]: "app" }, endpoints: [endpoint] });
  onTestFinished(workspace.close);
  const passwords = new Set<string>();
  const database = await startDatabase({
    verify: (token) => {
      passwords.add(token);
      return workspace.tokens.verify(token);
    },
  });
  const env = { DATABRICKS_HOST: workspace.url, DATABRICKS_TOKEN: pat };
  const stage = await layOut({ spec: spec(database), env, files: { "ca.pem": database.ca } });
  return { workspace, database, passwords, stage };
}

const unavailable = postgresUnavailable();

test.skipIf(unavailable !== undefined)(
  `a database credential is verified, written and used; without its token the last one stays (${unavailable ?? "on a real PostgreSQL"})`,
  async () => {
    const { workspace, database, passwords, stage } = await setUp();
    await expectRotated(stage);
    await expectFresh(stage, () => workspace.mints.length);
    await expectRotated(stage, "--force");
    expect(await stage.file("who")).toBe("app\napp\n");
    expect(database.logins.map(({ generation, outcome }) => `${generation} ${outcome}`)).toEqual([
      "1 accepted",
      "1 accepted",
      "2 accepted",
      "2 accepted",
    ]);
    expect(await formerLeases(stage)).toEqual(["expires only"]);

    workspace.revokePat(pat);
    await expectRefused(stage, { why: "Invalid access token", todo: "make a new personal access token" });
    await expectQuiet(stage, [pat, ...passwords]);
  },
);
