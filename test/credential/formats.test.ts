import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ask, folderWith } from "./support.ts";

const expires = new Date(Date.now() + 3_600_000).toISOString();
const rotateOutput = (fields: object) => JSON.stringify({ fields, expiresAt: expires });

/** Spec with an issuer that prints this JSON; each call leaves a line in `mints`. */
function folder(output: string, { fields, sinks, more = "" }: { fields: object; sinks: object; more?: string }) {
  return folderWith({
    "answer.json": output,
    "rotate.yaml": `version: 1
name: test
providers:
  issuer: { type: exec, command: [/bin/sh, -c, "echo mint >> mints; cat answer.json"], cwd: . }
rotations:
  api:
    provider: issuer
    request: { format: json, fields: ${JSON.stringify(fields)}, expires: { pointer: /expiresAt, unit: timestamp } }
    sinks: [${JSON.stringify(sinks)}]
    ${more}
`,
  });
}

const api = { token: { pointer: "/fields/token" }, user: { pointer: "/fields/user", secret: false } };
const apiOutput = rotateOutput({ token: "it's a $ecret of some length", user: "svc" });
const dotenv = {
  type: "dotenv",
  path: ".env",
  dialect: "docker",
  values: { TOKEN: "{{ token }}", USER: "{{ user }}" },
};

/** client-go does not ask again for the request that is refused at the end. */
function aMinuteBefore(instant: string): string {
  return new Date(Date.parse(instant) - 60_000).toISOString().replace(/\.\d+/, "");
}

function mints(at: string): number {
  return existsSync(`${at}/mints`) ? readFileSync(`${at}/mints`, "utf8").trimEnd().split("\n").length : 0;
}

test("token is one field and nothing else; the next call reads it from the sink", async () => {
  const at = folder(apiOutput, { fields: api, sinks: dotenv });
  for (let times = 0; times < 2; times += 1) {
    expect(await ask(at, ["api", "--format", "token"])).toEqual({
      code: 0,
      stdout: "it's a $ecret of some length",
      stderr: "",
    });
  }
  expect((await ask(at, ["api", "--format", "token", "--field", "user"])).stdout).toBe("svc");
  expect(mints(at)).toBe(1);
});

test("env is for a shell, by the names of the env sinks, else by the fields' own", async () => {
  const sinks = {
    type: "env",
    values: { API_TOKEN: "{{ token }}", API_URL: "https://{{ user | uri_component }}@example.com" },
  };
  const at = folder(apiOutput, { fields: api, sinks, more: "cache: true" });
  const { stdout } = await ask(at, ["api", "--format", "env"]);
  const script = `set -a; eval "$LINES_OF_ENV"; set +a; exec env`;
  const env = execFileSync("/bin/sh", ["-c", script], { env: { LINES_OF_ENV: stdout, PATH: process.env["PATH"] } });
  expect(env.toString()).toContain("\nAPI_TOKEN=it's a $ecret of some length\n");
  expect(env.toString()).toContain("\nAPI_URL=https://svc@example.com\n");
  expect(mints(at)).toBe(1);

  const plain = folder(apiOutput, { fields: api, sinks: dotenv });
  expect((await ask(plain, ["api", "--format", "env"])).stdout).toBe(
    `TOKEN='it'\\''s a $ecret of some length'\nUSER=svc\n`,
  );
});

test("exec-credential in the version that kubectl asks for", async () => {
  const at = folder(apiOutput, { fields: api, sinks: dotenv });
  const KUBERNETES_EXEC_INFO = '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential"}';
  const first = await ask(at, ["api", "--format", "exec-credential"]);
  const second = await ask(at, ["api", "--format", "exec-credential"], { KUBERNETES_EXEC_INFO });
  const status = { token: "it's a $ecret of some length", expirationTimestamp: aMinuteBefore(expires) };
  const kind = "ExecCredential";
  expect(JSON.parse(first.stdout)).toEqual({ apiVersion: "client.authentication.k8s.io/v1", kind, status });
  expect(JSON.parse(second.stdout)).toMatchObject({ apiVersion: "client.authentication.k8s.io/v1beta1" });
});

test("json is everything", async () => {
  const at = folder(apiOutput, { fields: api, sinks: dotenv });
  expect(JSON.parse((await ask(at, ["api", "--format", "json"])).stdout)).toMatchObject({
    version: 1,
    name: "api",
    expiresAt: expires,
    fields: { token: "it's a $ecret of some length", user: "svc" },
  });
});

test.each([
  [["api", "--format", "token", "--field", "pin"], 2, /has no field pin/],
  [["api", "--format", "aws-credential-process"], 2, /no key of AWS/],
  [["nobody", "--format", "token"], 2, /no rotation is named nobody/],
  [["api"], 2, /format/],
  [["api", "--format", "yaml"], 2, /format/],
  [["api", "--format", "token", "--min-remaining", "soon"], 2, /not a duration/],
])("%j mints nothing, prints nothing and exits %d", async (argv, code, message) => {
  const at = folder(apiOutput, { fields: api, sinks: dotenv });
  const ended = await ask(at, argv);
  expect(ended).toMatchObject({ code, stdout: "", stderr: expect.stringMatching(message) });
  expect(mints(at)).toBe(0);
});

test("an issuer that refuses is told on standard error, and nothing is printed", async () => {
  const at = folder("no json", { fields: api, sinks: dotenv });
  expect(await ask(at, ["api", "--format", "token"])).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringMatching(/there is no credential of api to give/),
  });
});
