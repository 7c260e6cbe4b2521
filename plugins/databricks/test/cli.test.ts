import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  databricksFaults,
  type DatabricksCliOptions,
  type DatabricksDouble,
  type DoubleFault,
  installDatabricksCli,
} from "@rotate/doubles";
import { secretRef } from "@rotate/testkit";
import { expect, test } from "vitest";
import {
  check,
  endpoint,
  errorOf,
  mint,
  mintRoute,
  pat,
  temporaryDirectory,
  tokenOf,
  user,
  workspaceDouble,
} from "./support.ts";

interface Rig {
  readonly workspace: DatabricksDouble;
  readonly home: string;
  readonly cli: string;
  readonly env: Readonly<Record<string, string>>;
}

async function rig(cliOptions: DatabricksCliOptions = {}): Promise<Rig> {
  const workspace = await workspaceDouble({ minTtl: 1000, refreshTokens: { refresh: user } });
  const home = await temporaryDirectory();
  await writeFile(join(home, ".databrickscfg"), `[prod]\nhost = ${workspace.url}\ntoken = ${pat}\n${retries}`);
  const cli = await installDatabricksCli(home, { logins: { [workspace.url]: "refresh" }, ...cliOptions });
  return { workspace, home, cli, env: { HOME: home } };
}

/** The CLI gives up soon. */
const retries = "retry_timeout_seconds = 1\n";

const byProfile = { method: "profile", profile: "prod" };

test("the CLI mints by a profile that it reads itself", async () => {
  const { workspace, cli, env } = await rig();
  const minted = await mint({
    options: { method: "cli", cli, auth: byProfile },
    request: { endpoint, ttl: 600_000 },
    env,
  });
  expect(await workspace.tokens.verify(tokenOf(minted))).toMatchObject({ sub: user });
  expect(minted.expires).toEqual(new Date(workspace.mints[0]?.expiresAt ?? 0));
  expect(JSON.parse(workspace.requests[0]?.body ?? "")).toEqual({ endpoint, ttl: "600s" });
});

test("the CLI mints with a login of ours, which it gets by its environment", async () => {
  const { workspace, cli, env } = await rig();
  const auth = { method: "pat", token: secretRef(pat) };
  await mint({ options: { method: "cli", host: workspace.url, cli, auth }, env });
  expect(workspace.mints).toHaveLength(1);
});

test("the CLI mints with a person's login", async () => {
  const { workspace, cli, env } = await rig();
  await mint({ options: { method: "cli", host: workspace.url, cli, auth: { method: "databricks-cli" } }, env });
  expect(workspace.mints[0]?.sub).toBe(user);
});

test("the CLI mints by the older API and with claims", async () => {
  const { workspace, cli, env } = await rig();
  const claims = [{ permissionSet: "READ_ONLY", tables: ["a.b.c"] }];
  const options = { method: "cli", cli, auth: byProfile };
  await mint({ options: { ...options, api: "provisioned" }, request: { instances: ["app"], claims }, env });
  await mint({ options, request: { endpoint, ttl: 2000, claims }, env });
  expect(workspace.mints.map(({ api, claims: { length } }) => [api, length])).toEqual([
    ["provisioned", 1],
    ["autoscaling", 1],
  ]);
});

test("a database credential in DATABRICKS_TOKEN does not become the CLI's login", async () => {
  const { workspace, cli, env } = await rig();
  const call = { options: { method: "cli", cli, auth: byProfile }, env };
  const written = tokenOf(await mint(call));
  await mint({ ...call, env: { ...env, DATABRICKS_TOKEN: written, DATABRICKS_AUTH_TYPE: "pat" } });
  expect(workspace.mints).toHaveLength(2);
});

test("an older CLI still mints for an hour, and says what it lacks when asked for less", async () => {
  const { workspace, cli, env } = await rig({ without: ["ttl"] });
  const call = { options: { method: "cli", cli, auth: byProfile }, env };
  await mint(call);
  expect(workspace.mints).toHaveLength(1);
  const error = await errorOf(mint({ ...call, request: { endpoint, ttl: 600_000 } }));
  expect(error).toMatchObject({ code: "INVALID", retryable: false, hint: expect.stringMatching(/too old/) });
});

test("a CLI from before Lakebase Autoscaling says that it is too old", async () => {
  const { cli, env } = await rig({ without: ["postgres"] });
  expect(await errorOf(mint({ options: { method: "cli", cli, auth: byProfile }, env }))).toMatchObject({
    code: "INVALID",
    hint: expect.stringMatching(/too old/),
  });
});

test("a CLI that is not installed says so, before anything is minted", async () => {
  const { env } = await rig();
  const call = { options: { method: "cli", cli: "no-such-databricks", auth: byProfile }, env };
  expect(await errorOf(check(call))).toMatchObject({
    code: "NOT_FOUND",
    hint: expect.stringMatching(/install the Databricks CLI/),
  });
});

test.each<[string, DoubleFault, string, boolean]>([
  ["a refused token", databricksFaults.invalidToken, "DENIED", false],
  ["an address not allowed", databricksFaults.ipBlocked, "DENIED", false],
  ["no permission", databricksFaults.permissionDenied, "DENIED", false],
  ["a missing endpoint", databricksFaults.endpointMissing, "NOT_FOUND", false],
  ["a wrong path", databricksFaults.wrongPath, "INVALID", false],
  ["a rate limit", databricksFaults.rateLimited, "RATE_LIMITED", true],
  ["an outage", databricksFaults.unavailable, "UNAVAILABLE", true],
  ["a refusal without a word", { status: 403, body: { message: "nope" } }, "DENIED", false],
  ["a web page", "html", "BAD_ANSWER", false],
])("the CLI's message tells %s", async (_case, fault, code, retryable) => {
  const { workspace, cli, env } = await rig();
  workspace.faults.always(mintRoute, fault);
  expect(await errorOf(mint({ options: { method: "cli", cli, auth: byProfile }, env }))).toMatchObject({
    code,
    retryable,
  });
});

test("a profile that does not exist, and a login that is over, say what to run", async () => {
  const { workspace, cli, env, home } = await rig();
  const missing = { options: { method: "cli", cli, auth: { method: "profile", profile: "none" } }, env };
  expect(await errorOf(mint(missing))).toMatchObject({
    code: "NOT_FOUND",
    hint: "its profiles are prod",
  });
  await installDatabricksCli(home, { logins: { [workspace.url]: "dead" } });
  const over = { options: { host: workspace.url, cli, auth: { method: "databricks-cli" } }, env };
  expect(await errorOf(mint(over))).toMatchObject({
    code: "DENIED",
    person: true,
    hint: expect.stringMatching(/databricks auth login/),
  });
});

test("output that is no credential is not believed", async () => {
  const { home, env } = await rig();
  const chatty = join(home, "chatty");
  await writeFile(chatty, "#!/bin/sh\necho hello\n");
  await chmod(chatty, 0o755);
  const options = { method: "cli", cli: chatty, auth: byProfile };
  expect(await errorOf(mint({ options, env }))).toMatchObject({ code: "BAD_ANSWER" });
  const login = {
    options: { ...options, method: "http", host: "https://x.example.com", auth: { method: "databricks-cli" } },
    env,
  };
  expect(await errorOf(mint(login))).toMatchObject({ code: "BAD_ANSWER", noEffect: true });
});
