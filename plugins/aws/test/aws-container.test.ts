import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { FromHttpOptions } from "@aws-sdk/credential-provider-http";
import type { ListeningAt } from "@rotate/plugin-kit";
import { pythonProgram } from "@rotate/doubles";
import { endpointContract, openTestEndpoint, type TestEndpointOptions } from "@rotate/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { awsContainer } from "../src/aws-container.ts";

const run = promisify(execFile);
const python = pythonProgram("python3");
const noPython = python === undefined ? " (npm run test:setup brings boto3)" : "";

function key(number: number) {
  return {
    fields: {
      accessKeyId: `ASIAEXAMPLE00000000${number}`,
      secretAccessKey: `secret-access-key-of-${number}`,
      sessionToken: `session-token-of-${number}`,
    },
  };
}

function directory(): string {
  const made = mkdtempSync(join(tmpdir(), "rotate-aws-"));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

function portOf(at: ListeningAt): number {
  if (!("port" in at)) throw new Error("it listens on no port");
  return at.port;
}

async function ask(at: ListeningAt, authorization: string, path = "/get-credentials"): Promise<Response> {
  return fetch(`http://127.0.0.1:${portOf(at)}${path}`, { headers: { authorization } });
}

endpointContract(
  { describe, test },
  {
    endpoint: awsContainer,
    credentials: [key(1), key(2)],
    start: () => {
      const path = join(directory(), "token");
      return { path, options: { tokenFile: { path } } };
    },
    ask: async (at, { path }) => {
      const answer = await ask(at, readFileSync(path, "utf8"));
      return answer.text();
    },
    askAsStranger: async (at) => {
      const answer = await ask(at, "");
      return answer.text();
    },
  },
);

async function open(more: TestEndpointOptions = {}) {
  const path = join(directory(), "token");
  const opened = await openTestEndpoint(awsContainer, { options: { tokenFile: { path } }, given: key(1), ...more });
  onTestFinished(() => opened.close(AbortSignal.abort()));
  const { at } = opened;
  return { ...opened, path, env: awsContainer.environment?.({ tokenFile: { path } }, at) ?? {} };
}

/** What Python's SDK finds, or says. */
async function boto(env: Readonly<Record<string, string>>): Promise<string> {
  const script = `
import boto3, botocore.exceptions
try:
    found = boto3.Session().get_credentials()
    frozen = found.get_frozen_credentials() if found else None
    print(found.method, frozen.access_key, frozen.token) if frozen else print("nothing found")
except Exception as error:
    print(type(error).__name__, error)
`;
  const own = { PATH: process.env["PATH"], HOME: "/nonexistent", AWS_EC2_METADATA_DISABLED: "true" };
  const { stdout } = await run(python ?? "", ["-c", script], { env: { ...own, ...env } });
  return stdout.trim();
}

test("the token is written once, bare and for nobody else, and stays what it is", async () => {
  const first = await open();
  const text = readFileSync(first.path, "utf8");
  expect(text).toMatch(/^[\w-]{43}$/);
  expect(statSync(first.path).mode & 0o777).toBe(0o600);
  await openTestEndpoint(awsContainer, { options: { tokenFile: { path: first.path } } }).then(({ close }) => close());
  expect(readFileSync(first.path, "utf8")).toBe(text);
});

test("a token with a line feed, which no SDK can send, is refused with what to do", async () => {
  const path = join(directory(), "token");
  writeFileSync(path, "token-of-somebody\n");
  await expect(openTestEndpoint(awsContainer, { options: { tokenFile: { path } } })).rejects.toMatchObject({
    code: "INVALID",
    hint: "take the file away: it is written anew",
  });
});

test("the end is told in whole seconds, and another path is not answered", async () => {
  const { at, path } = await open();
  const token = readFileSync(path, "utf8");
  const answer = await ask(at, token).then((one) => one.json() as Promise<{ readonly Expiration: string }>);
  expect(answer.Expiration).toMatch(/T\d\d:\d\d:\d\dZ$/);
  expect((await ask(at, token, "/")).status).toBe(404);
});

test.skipIf(python === undefined)(`Python's SDK takes it, and the next one after a rotation${noPython}`, async () => {
  const { env, give } = await open();
  expect(await boto(env)).toBe("container-role ASIAEXAMPLE000000001 session-token-of-1");
  give(key(2));
  expect(await boto(env)).toBe("container-role ASIAEXAMPLE000000002 session-token-of-2");
});

test.skipIf(python === undefined)(`Python's SDK says why when there is none${noPython}`, async () => {
  const { env, give } = await open();
  give(undefined);
  expect(await boto(env)).toMatch(/CredentialRetrievalError .*503.*there is no credential of app/s);
});

/** What JavaScript's SDK finds, or says; in a process of its own, where it is loaded as applications load it. */
async function javascript(options: Partial<FromHttpOptions>): Promise<string> {
  const script = `
    const { fromHttp } = require("@aws-sdk/credential-provider-http");
    fromHttp(${JSON.stringify({ ...options, maxRetries: 0 })})().then(
      ({ accessKeyId, sessionToken }) => console.log(accessKeyId, sessionToken),
      (error) => console.log(error.name, error.message),
    );`;
  const { stdout } = await run(process.execPath, ["-e", script], { cwd: import.meta.dirname });
  return stdout.trim();
}

test("JavaScript's SDK takes it, and shows what is wrong", async () => {
  const { at, path, give } = await open();
  const uri = { awsContainerCredentialsFullUri: `http://127.0.0.1:${portOf(at)}/get-credentials` };
  const given = { ...uri, awsContainerAuthorizationTokenFile: path };
  expect(await javascript(given)).toBe("ASIAEXAMPLE000000001 session-token-of-1");
  expect(await javascript({ ...uri, awsContainerAuthorizationToken: "wrong" })).toContain("401");
  give(undefined);
  expect(await javascript(given)).toContain("503");
});
