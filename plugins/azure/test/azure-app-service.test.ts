import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { ListeningAt } from "@rotate/plugin-kit";
import { pythonProgram } from "@rotate/doubles";
import { endpointContract, openTestEndpoint, secretRef } from "@rotate/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { azureAppService } from "../src/azure-app-service.ts";

const run = promisify(execFile);
const python = pythonProgram("python3");
const noPython = python === undefined ? " (npm run test:setup brings azure-identity)" : "";
const header = "header-of-the-identity";
const options = { resource: "https://vault.azure.net", clientId: "the-client-id", header: secretRef(header) };
const [one, two] = [{ fields: { token: "eyJ.first-token" } }, { fields: { token: "eyJ.second-token" } }] as const;
const question = "/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fvault.azure.net%2F";

async function ask(at: ListeningAt, path = question, shown = header) {
  if (!("port" in at)) throw new Error("it listens on no port");
  const answer = await fetch(`http://127.0.0.1:${at.port}${path}`, { headers: { "x-identity-header": shown } });
  return { status: answer.status, text: await answer.text() };
}

endpointContract(
  { describe, test },
  {
    endpoint: azureAppService,
    credentials: [one, two],
    start: () => ({ options, secrets: [header] }),
    ask: async (at) => (await ask(at)).text,
    askAsStranger: async (at) => (await ask(at, question, "wrong")).text,
  },
);

async function open() {
  const opened = await openTestEndpoint(azureAppService, { options, given: one });
  onTestFinished(() => opened.close(AbortSignal.abort()));
  return opened;
}

test.each([
  ["another resource", question.replace("vault", "storage"), "other-resource"],
  ["another version", question.replace("2019-08-01", "2017-09-01"), "other-version"],
  ["another identity", `${question}&client_id=somebody`, "other-identity"],
])("%s is refused, never answered with a token for something else", async (_, path, word) => {
  const { at, refusals } = await open();
  const { status, text } = await ask(at, path);
  expect([status, refusals]).toEqual([400, [word]]);
  expect(JSON.parse(text)).toMatchObject({ statusCode: 400, message: expect.any(String) });
});

test("tells when the token ends, in seconds since 1970", async () => {
  const { at } = await open();
  const { expires_on: end, ...rest } = JSON.parse((await ask(at, `${question}&client_id=the-client-id`)).text);
  expect(Number(end) - Date.now() / 1_000).toBeCloseTo(3_600, -2);
  expect(rest).toEqual({
    access_token: "eyJ.first-token",
    resource: "https://vault.azure.net",
    token_type: "Bearer",
    client_id: "the-client-id",
  });
});

/** What Microsoft's client for Python gets, or says. */
async function azure(at: ListeningAt): Promise<string> {
  const script = `
from azure.identity import ManagedIdentityCredential
try:
    print(ManagedIdentityCredential(client_id="the-client-id").get_token("https://vault.azure.net/.default").token)
except Exception as error:
    print(type(error).__name__, error)
`;
  const env = {
    PATH: process.env["PATH"],
    HOME: "/nonexistent",
    IDENTITY_HEADER: header,
    ...azureAppService.environment?.(options, at),
  };
  const { stdout } = await run(python ?? "", ["-c", script], { env });
  return stdout.trim();
}

test.skipIf(python === undefined)(`Microsoft's client for Python takes it${noPython}`, async () => {
  const { at } = await open();
  expect(await azure(at)).toBe("eyJ.first-token");
});
