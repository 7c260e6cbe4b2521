/** Recipes whose consumers log in to a database. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";
import {
  createDatabricksDouble,
  createLakebaseGateway,
  createVaultDouble,
  postgresUnavailable,
  pythonProgram,
  startPostgres,
  type Postgres,
} from "@rotate/doubles";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { layOut } from "../../e2e/providers/support.ts";
import { secretId, startVault } from "../../e2e/providers/vault-on-postgres.ts";
import { blockOf, expectRotated, readByJava, recipe, startSite, startUnit } from "./recipe.ts";

const unavailable = postgresUnavailable();

describe.skipIf(unavailable)(`on a real PostgreSQL${unavailable ? ` (${unavailable})` : ""}`, () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.close());

  const host = () => `host: 127.0.0.1, port: ${postgres.port}, tls: disable, database: postgres`;

  async function query(sql: string): Promise<void> {
    const admin = await postgres.connect();
    await admin.query(sql);
    await admin.end();
  }

  /** Who PostgreSQL says it is that shows this. */
  async function whoIs(user: string | undefined, password: string | undefined): Promise<string> {
    const client = await postgres.connect({ user: user ?? "nobody", password: password ?? "nothing" });
    const { rows } = await client.query<{ readonly who: string }>("select current_user as who");
    await client.end();
    return rows[0]?.who ?? "";
  }

  test("Spring Boot finds the user that Vault made in its configuration tree, after a restart", async (context) => {
    const vault = await startVault(postgres, "orders");
    const { systemd, env } = await startUnit("orders.service");
    const site = await startSite(() => (systemd.unit("orders.service")?.invocation ?? 0) > 1);
    const spec = recipe("spring-boot-vault.md", {
      "https://vault.example.com:8200": vault.url,
      "/etc/rotate/": "",
      "/etc/orders/db": "db",
      "        group: orders\n": "",
      "host: db.internal, database: orders": host(),
      "http://127.0.0.1:8080": site.url,
    });
    const files = { "vault-role-id": "role-1\n", "vault-secret-id": secretId.text };
    const stage = await layOut({ spec, env, files });
    await expectRotated(stage, "orders-db");
    const read = readByJava("tree", join(stage.directory, "db"));
    if (read === undefined) return context.skip("no Java is installed");
    expect(Object.keys(read)).toEqual(["spring.datasource.password", "spring.datasource.username"]);
    const user = read["spring.datasource.username"];
    expect(user).toBe(vault.issued[0]?.data["username"]);
    expect(await whoIs(user, read["spring.datasource.password"])).toBe(user);
  });

  test("php-fpm is reloaded with the password that Vault changed, in a file that PHP reads", async () => {
    await postgres.createRole("shop", { password: "the first one" });
    const role = {
      username: "shop",
      rotationPeriod: 24 * 3_600_000,
      change: (username: string, password: string) => query(`alter role "${username}" password '${password}'`),
    };
    const vault = await createVaultDouble({
      tokens: [{ id: "a-token-of-an-agent", policies: ["shop"] }],
      policies: { shop: { "database/static-creds/shop": ["read"] } },
      engines: { database: { type: "database", staticRoles: { shop: role } } },
    });
    onTestFinished(vault.close);
    const { systemd, env } = await startUnit("php8.4-fpm.service");
    const php = spawnSync("php", ["--version"]).status === 0;
    const text = recipe("php-fpm.md", {
      "https://vault.example.com:8200": vault.url,
      "/run/vault/token": "token",
      "/etc/php/8.4/fpm/pool.d/": "",
      "host: db.internal, database: shop": host(),
    });
    const spec = php ? text : text.replace(/^ +validate: .*\n/m, "");
    const stage = await layOut({ spec, env, files: { token: "a-token-of-an-agent" } });
    await expectRotated(stage, "shop-db");
    expect(systemd.unit("php8.4-fpm.service")).toMatchObject({ reloads: 1, invocation: 1 });
    const file = join(stage.directory, "shop-env.conf");
    const { DB_USER, DB_PASSWORD } = php ? readByPhp(file) : readAsIni(await stage.file("shop-env.conf"));
    expect(await whoIs(DB_USER, DB_PASSWORD)).toBe("shop");
  });

  test("gunicorn's new workers load Django's settings with a user of the ring, and log in", async (context) => {
    const python = pythonProgram("python3");
    await query(
      "create role app nologin; create role rotate login password 'of-rotate-itself'; grant connect on database postgres to app",
    );
    await query(blockOf("plugins/postgres-user.md", "sql", "create role app_a nologin"));
    const served: string[] = [];
    const site = await startSite(() => python === undefined || served.length > 0);
    const spec = recipe("django.md", {
      "host: db.internal\n    database: shop": `host: 127.0.0.1\n    port: ${postgres.port}\n    tls: disable\n    database: postgres`,
      "host: db.internal, database: shop": host(),
      "/etc/rotate/": "",
      "/srv/shop/": "",
      "/run/shop/": "",
      "http://127.0.0.1:8000": site.url,
    });
    const files = {
      "db-password": "of-rotate-itself\n",
      ".env": "DEBUG=off\n",
      "settings.py": blockOf("recipes/django.md", "python", "DATABASES"),
      "worker.py": worker,
      gunicorn: master,
    };
    const stage = await layOut({ spec, files });
    await chmod(join(stage.directory, "gunicorn"), 0o700);
    const gunicorn = spawn(join(stage.directory, "gunicorn"), [python ?? "true", String(postgres.port)], {
      cwd: stage.directory,
      stdio: ["pipe", "pipe", "inherit"],
    });
    onTestFinished(() => void gunicorn.stdin.end());
    await once(gunicorn.stdout, "data");
    gunicorn.stdout.on("data", (chunk: Buffer) => void served.push(chunk.toString()));
    await expectRotated(stage, "shop-db");
    const { DEBUG, DB_USER } = parseEnv(await stage.file(".env"));
    expect([DEBUG, DB_USER]).toEqual(["off", "app_a"]);
    if (python === undefined)
      return context.skip("python-dotenv and psycopg are missing, npm run test:setup brings them");
    expect(served.join("")).toBe("app_a acts as app\n");
  });

  test("Backstage finds the token that Lakebase takes in the file of its unit, after a restart", async () => {
    const [principal, endpoint] = [
      "5e7a0c1e-0000-4000-8000-000000000001",
      "projects/backstage/branches/production/endpoints/primary",
    ];
    const workspace = await createDatabricksDouble({
      servicePrincipals: [{ clientId: principal, secret: "the-secret-of-the-principal" }],
      endpoints: [endpoint],
    });
    onTestFinished(workspace.close);
    const gateway = await createLakebaseGateway({ postgres, verify: workspace.tokens.verify });
    onTestFinished(gateway.close);
    await gateway.createRole(principal);
    const { systemd, env } = await startUnit("backstage.service");
    const site = await startSite(() => (systemd.unit("backstage.service")?.invocation ?? 0) > 1);
    const spec = recipe("backstage-lakebase.md", {
      "https://dbc-a1b2c3d4-e5f6.cloud.databricks.com": workspace.url,
      "/etc/rotate/": "",
      "/etc/backstage/": "",
      "host: ep-summer-frost-y131l3vx.database.us-east-1.cloud.databricks.com": `host: localhost\n        port: ${gateway.port}\n        ca: ca.pem`,
      "database: databricks_postgres": "database: postgres",
      "http://127.0.0.1:7007": site.url,
    });
    const files = { "databricks-client-secret": "the-secret-of-the-principal", "ca.pem": gateway.ca };
    const stage = await layOut({ spec, env, files });
    await expectRotated(stage, "backstage-db");
    const { LAKEBASE_PASSWORD } = parseEnv(await stage.file("lakebase.env"));
    const client = await postgres.connect({
      host: gateway.host,
      port: gateway.port,
      user: principal,
      password: LAKEBASE_PASSWORD ?? "",
      ssl: { ca: gateway.ca, rejectUnauthorized: true },
    });
    await client.end();
    expect(gateway.logins.map(({ outcome }) => outcome)).toEqual(["accepted", "accepted"]);
  });
});

/** What gunicorn does of it: a master that starts a worker, which loads the settings anew, at each SIGHUP; it ends with its input. */
const master = `#!/bin/sh
trap '"$1" worker.py "$2"' HUP
echo $$ >gunicorn.pid
exec 3<&0
cat <&3 >/dev/null & reader=$!
echo started
while kill -0 "$reader" 2>/dev/null; do wait "$reader"; done
`;

/** What Django does of it: the settings of the page, and a login with them. */
const worker = `import sys
import psycopg
from settings import DATABASES
db = DATABASES["default"]
with psycopg.connect(host="127.0.0.1", port=sys.argv[1], dbname="postgres", user=db["USER"], password=db["PASSWORD"]) as session:
    print(*session.execute("select session_user, 'acts as', current_user").fetchone())
`;

/** One section of texts in double quotes, with nothing in them that means something to PHP. */
function readAsIni(text: string): Readonly<Record<string, string>> {
  const [head, ...lines] = text.trimEnd().split("\n");
  expect(head).toBe("[shop]");
  const found = lines.map((line) => /^env\[(\w+)\] = "([^"$\\]+)"$/.exec(line));
  expect(found).not.toContain(null);
  return Object.fromEntries(found.map((match) => [match?.[1] ?? "", match?.[2] ?? ""]));
}

function readByPhp(file: string): Readonly<Record<string, string>> {
  const program = 'echo json_encode(parse_ini_file($argv[1], true)["shop"]["env"]);';
  return JSON.parse(spawnSync("php", ["-r", program, file], { encoding: "utf8" }).stdout);
}
