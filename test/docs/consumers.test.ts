/** A spec of the pages counts as tested when the program that it is for took the result. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { postgresUnavailable, startPostgres } from "@rotate/doubles";
import { expect, onTestFinished, test } from "vitest";
import { compiled } from "../support/compiled.ts";
import { root } from "../support/workspace.ts";

const entry = join(root, "packages/cli/bin/rotate.js");

function specOf(page: string): string {
  const text = readFileSync(join(root, "docs/plugins", page), "utf8");
  const [, spec = ""] = /^## A spec to copy\n+```yaml\n([^]*?)^```/m.exec(text) ?? [];
  return spec;
}

interface Folder {
  readonly path: (...names: readonly string[]) => string;
  readonly read: (name: string) => string;
}

/** Runs a spec in a folder where these files are. */
function rotated(
  spec: string,
  files: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
): Folder {
  const folder = mkdtempSync(join(tmpdir(), "rotate-consumers-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = (...names: readonly string[]) => join(folder, ...names);
  for (const [name, text] of Object.entries({ "rotate.yaml": spec, ...files })) {
    mkdirSync(dirname(path(name)), { recursive: true });
    writeFileSync(path(name), text, { mode: 0o600 });
  }
  const all = { PATH: process.env["PATH"], HOME: folder, NO_COLOR: "1", NODE_COMPILE_CACHE: compiled, ...env };
  const { stdout, stderr, status } = spawnSync(process.execPath, [entry, "run"], {
    cwd: folder,
    env: all,
    encoding: "utf8",
  });
  expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: expect.stringContaining("rotated") as string });
  return { path, read: (name) => readFileSync(path(name), "utf8") };
}

const jwt = /^ey[\w-]+\.[\w-]+\.[\w-]+$/;

test("dotenv: a shell and Node take what the page's spec writes", () => {
  const { path } = rotated(specOf("dotenv.md"), { ".env": "# mine\nexport PORT=8080\n" });
  const print = 'printf "%s %s %s" "$PORT" "$APP_TOKEN" "$APP_TOKEN_EXPIRES_AT"';
  const bySh = spawnSync("sh", ["-c", `set -a; . ./.env; ${print}`], { cwd: path(), encoding: "utf8" }).stdout;
  const [port, token = "", ends = ""] = bySh.split(" ");
  expect(port).toBe("8080");
  expect(token).toMatch(jwt);
  expect(Date.parse(ends)).toBeGreaterThan(Date.now());
  const program = "console.log(process.env.PORT, process.env.APP_TOKEN, process.env.APP_TOKEN_EXPIRES_AT)";
  const byNode = spawnSync(process.execPath, ["--env-file=.env", "-e", program], {
    cwd: path(),
    env: {},
    encoding: "utf8",
  });
  expect(byNode.stdout.trim()).toBe(bySh);
});

test("json: JSON.parse takes what the page's spec writes", () => {
  const spec = specOf("json.md");
  const name = /path: (\S+\.json)/.exec(spec)?.[1] ?? "";
  const { read } = rotated(spec, { [name]: '{ "port": 5432 }\n' });
  const values = Object.values(JSON.parse(read(name)) as Readonly<Record<string, unknown>>);
  expect(values).toContain(5432);
  expect(JSON.stringify(values)).toMatch(/"ey[\w-]+\.[\w-]+\.[\w-]+"/);
});

test("yaml: the page's spec writes a value beside what stands there", () => {
  const { read } = rotated(specOf("yaml.md"), { "config/app.yaml": "service:\n  port: 80 # http\n" });
  expect(read("config/app.yaml")).toMatch(/^service:\n {2}port: 80 # http\n {2}token: "ey[\w-]+\.[\w-]+\.[\w-]+"\n$/);
});

test("file: the token is all that the file of the page's spec holds", () => {
  expect(rotated(specOf("file.md")).read("token")).toMatch(jwt);
});

test("files: a reader of the directory that the page's spec names finds both files", () => {
  const { path, read } = rotated(specOf("files.md"));
  expect(spawnSync("cat", ["identity/token"], { cwd: path(), encoding: "utf8" }).stdout).toMatch(jwt);
  expect(Date.parse(read("identity/expires"))).toBeGreaterThan(Date.now());
});

const key = {
  AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
  AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};

test.skipIf(postgresUnavailable())(
  "aws-rds-iam: PostgreSQL lets libpq in by the password file of the page's spec",
  async (context) => {
    const postgres = await startPostgres();
    onTestFinished(() => postgres.close());
    const text = specOf("aws-rds-iam.md");
    const host = /request: \{ host: ([^,]+),/.exec(text)?.[1] ?? "";
    // Not in the page: a probe of a host that is not there, the port of this server, and the bare password, which the server has to be told.
    const spec = text
      .replace(/ {4}verify:\n.*\n/, "")
      .replace("username: app }", `username: app, port: ${postgres.port} }`)
      .replace(":5432:", `:${postgres.port}:`)
      .replace("/run/app/pgpass", "pgpass")
      .concat('      - { type: file, path: password, values: { content: "{{ token }}" } }\n');
    const { path, read } = rotated(spec, {}, key);
    await postgres.createRole("app", { password: read("password") });

    const program = "require('pgpass')(JSON.parse(process.argv[1]), (found) => process.stdout.write(found ?? ''))";
    const asked = JSON.stringify({ host, port: postgres.port, user: "app", database: "postgres" });
    const env = { PATH: process.env["PATH"], PGPASSFILE: path("pgpass") };
    const byNode = spawnSync(process.execPath, ["-e", program, asked], { cwd: root, env, encoding: "utf8" });
    expect(byNode.stdout).toBe(read("password"));

    if (spawnSync("psql", ["--version"]).status !== 0) return context.skip("libpq's psql is not installed");
    const words = [
      `host=${host} hostaddr=127.0.0.1 port=${postgres.port} user=app dbname=postgres sslmode=disable`,
      "-wXAtc",
      "select current_user",
    ];
    const psql = spawnSync("psql", words, { encoding: "utf8", env });
    expect(psql).toMatchObject({ stdout: "app\n", stderr: "" });
  },
);
