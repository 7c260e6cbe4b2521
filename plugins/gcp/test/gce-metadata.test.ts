import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { ListeningAt } from "@rotate/plugin-kit";
import { pythonProgram } from "@rotate/doubles";
import { endpointContract, openTestEndpoint } from "@rotate/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { gceMetadata } from "../src/gce-metadata.ts";

const run = promisify(execFile);
const python = pythonProgram("python3");
const noPython = python === undefined ? " (npm run test:setup brings google-auth)" : "";
const options = { email: "app@p.iam.gserviceaccount.com", project: "my-project" };
const [one, two] = [{ fields: { token: "ya29.first-token" } }, { fields: { token: "ya29.second-token" } }] as const;
const account = "/computeMetadata/v1/instance/service-accounts/default";

async function ask(
  at: ListeningAt,
  path: string,
  headers: Readonly<Record<string, string>> = { "metadata-flavor": "Google" },
) {
  if (!("port" in at)) throw new Error("it listens on no port");
  const answer = await fetch(`http://127.0.0.1:${at.port}${path}`, { headers });
  return { status: answer.status, flavor: answer.headers.get("metadata-flavor"), text: await answer.text() };
}

endpointContract(
  { describe, test },
  {
    endpoint: gceMetadata,
    credentials: [one, two],
    start: () => ({ options }),
    ask: async (at) => (await ask(at, `${account}/token`)).text,
    askAsStranger: async (at) => (await ask(at, `${account}/token`, {})).text,
  },
);

async function open(life = 3_600_000) {
  const opened = await openTestEndpoint(gceMetadata, { options, given: { ...one, life } });
  onTestFinished(() => opened.close(AbortSignal.abort()));
  return opened;
}

test.each([
  ["/computeMetadata/v1/project/project-id", "my-project"],
  ["/computeMetadata/v1/universe/universe-domain", "googleapis.com"],
  [`${account}/email`, options.email],
  [
    `/computeMetadata/v1/instance/service-accounts/${options.email}/scopes`,
    "https://www.googleapis.com/auth/cloud-platform\n",
  ],
])("answers %s", async (path, text) => {
  const { at } = await open();
  expect(await ask(at, path)).toEqual({ status: 200, flavor: "Google", text });
});

test("tells of the account and how long its token lives, and gives no other account's", async () => {
  const { at, refusals } = await open(600_000);
  expect(JSON.parse((await ask(at, `${account}/?recursive=true`)).text)).toMatchObject({ email: options.email });
  const { access_token: token, expires_in: seconds } = JSON.parse((await ask(at, `${account}/token`)).text);
  expect([token, seconds > 590 && seconds <= 600]).toEqual(["ya29.first-token", true]);
  expect((await ask(at, `${account.replace("default", "other@p.iam")}/token`)).status).toBe(404);
  expect((await ask(at, `${account}/identity?audience=x`)).status).toBe(404);
  expect(refusals).toEqual(["other-account", "not-served"]);
});

/** What Google's client for Python gets, or says. */
async function google(at: ListeningAt): Promise<string> {
  const script = `
import google.auth, google.auth.transport.requests
try:
    credentials, project = google.auth.default()
    credentials.refresh(google.auth.transport.requests.Request())
    print(type(credentials).__module__, project, credentials.service_account_email, credentials.token)
except Exception as error:
    print(type(error).__name__, error)
`;
  const env = { PATH: process.env["PATH"], HOME: "/nonexistent", ...gceMetadata.environment?.(options, at) };
  const { stdout } = await run(python ?? "", ["-c", script], { env });
  return stdout.trim();
}

test.skipIf(python === undefined)(`Google's client for Python finds it by itself${noPython}`, async () => {
  const { at, give } = await open();
  expect(await google(at)).toBe(`google.auth.compute_engine.credentials my-project ${options.email} ya29.first-token`);
  give(two);
  expect(await google(at)).toContain("ya29.second-token");
});
