import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { pythonProgram, skippedWithout } from "@rotate/doubles";
import type { ListeningAt } from "@rotate/plugin-kit";
import { endpointContract, openTestEndpoint, type TestEndpointOptions } from "@rotate/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { awsImds } from "../src/aws-imds.ts";

const python = pythonProgram("python3");
const minute = 60_000;

function key(number: number, life = 60 * minute) {
  const fields = {
    accessKeyId: `ASIAEXAMPLE00000000${number}`,
    secretAccessKey: `secret-access-key-of-${number}`,
    sessionToken: `session-token-of-${number}`,
  };
  return { fields, life };
}

function urlOf(at: ListeningAt, path: string): string {
  if (!("port" in at)) throw new Error("it listens on no port");
  return `http://127.0.0.1:${at.port}${path}`;
}
const ttl = (seconds: string): RequestInit => ({
  method: "PUT",
  headers: { "x-aws-ec2-metadata-token-ttl-seconds": seconds },
});
const roles = "/latest/meta-data/iam/security-credentials";

async function ask(at: ListeningAt, path: string): Promise<Response> {
  const token = await fetch(urlOf(at, "/latest/api/token"), ttl("60")).then((answer) => answer.text());
  return fetch(urlOf(at, path), { headers: { "x-aws-ec2-metadata-token": token } });
}

endpointContract(
  { describe, test },
  {
    endpoint: awsImds,
    credentials: [key(1), key(2)],
    start: () => ({ options: {} }),
    ask: async (at) => (await ask(at, `${roles}/rotate`)).text(),
  },
);

async function open(more: TestEndpointOptions = {}) {
  const opened = await openTestEndpoint(awsImds, { given: key(1), ...more });
  onTestFinished(() => opened.close(AbortSignal.abort()));
  return opened;
}

test("nothing is said without a session, and no session of others or of too long a life is taken", async () => {
  const { at } = await open();
  const bare = await fetch(urlOf(at, `${roles}/`));
  expect([bare.status, await bare.text()]).toEqual([401, ""]);
  const forged = { "x-aws-ec2-metadata-token": `${Date.now() + minute}.forged` };
  expect((await fetch(urlOf(at, `${roles}/`), { headers: forged })).status).toBe(401);
  for (const wrong of ["0", "21601", "soon", "1e3"])
    expect((await fetch(urlOf(at, "/latest/api/token"), ttl(wrong))).status).toBe(400);
  expect((await fetch(urlOf(at, "/latest/api/token"))).status).toBe(405);
  expect((await ask(at, "/latest/user-data")).status).toBe(404);
});

test("one that its reader would stretch beyond its end is not given", async () => {
  const { at, give } = await open();
  expect((await ask(at, `${roles}/rotate`)).status).toBe(200);
  give(key(2, 14 * minute));
  const late = await ask(at, `${roles}/rotate`);
  expect([late.status, await late.text()]).toEqual([503, "rotate: the credential ends within 15 minutes"]);
});

/** What Python's SDK finds, or says. */
async function boto(at: ListeningAt): Promise<string> {
  const script = `
import boto3
found = boto3.Session().get_credentials()
frozen = found.get_frozen_credentials() if found else None
print(found.method, frozen.access_key, frozen.token) if frozen else print("nothing found")
`;
  const env = { PATH: process.env["PATH"], HOME: "/nonexistent", NO_PROXY: "*", ...awsImds.environment?.({}, at) };
  const { stdout } = await promisify(execFile)(python ?? "", ["-c", script], { env });
  return stdout.trim();
}

test.skipIf(python === undefined)(
  `Python's SDK takes it, the next one after a rotation, and finds nothing where there is none${skippedWithout(python, "boto3")}`,
  async () => {
    const { at, give } = await open();
    expect(await boto(at)).toBe("iam-role ASIAEXAMPLE000000001 session-token-of-1");
    give(key(2));
    expect(await boto(at)).toBe("iam-role ASIAEXAMPLE000000002 session-token-of-2");
    give(undefined);
    expect(await boto(at)).toBe("nothing found");
  },
);
