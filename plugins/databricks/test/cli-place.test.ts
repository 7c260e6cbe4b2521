import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { databricksFaults, installDatabricksCli } from "@rotate/doubles";
import { secretRef } from "@rotate/testkit";
import { describe, expect, test } from "vitest";
import {
  check,
  endpoint,
  errorOf,
  logIn,
  mint,
  mintRoute,
  pat,
  provider,
  temporaryDirectory,
  tokenOf,
  user,
  workspaceDouble,
} from "./support.ts";

/** Two workspaces that take the same token, and a home whose profiles name the first. */
async function twoWorkspaces() {
  const workspace = await workspaceDouble({ refreshTokens: { refresh: user } });
  const other = await workspaceDouble({ refreshTokens: { refresh: user } });
  const home = await temporaryDirectory();
  const profiles = [
    `[prod]\nhost = ${workspace.url}\ntoken = ${pat}\nretry_timeout_seconds = 1\n`,
    `[me]\nhost = ${workspace.url}\nauth_type = databricks-cli\n`,
  ];
  await writeFile(join(home, ".databrickscfg"), profiles.join("\n"));
  const bundle = join(home, "bundle");
  await mkdir(bundle);
  await writeFile(join(bundle, "databricks.yml"), `bundle:\n  name: other\nworkspace:\n  host: ${other.url}\n`);
  return { workspace, other, home, bundle };
}

/** A CLI that does this instead, in a shell. */
async function script(home: string, text: string): Promise<string> {
  const path = join(home, "scripted");
  await writeFile(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return path;
}

const prod = { method: "profile", profile: "prod" };
const logins = [
  ["a profile", prod],
  ["a person's profile", { method: "databricks-cli", profile: "me" }],
  ["a person's login for the host", { method: "databricks-cli" }],
  ["a token of ours", { method: "pat", token: secretRef(pat) }],
] as const;

describe.each(logins)("with %s, what it is told about another workspace does not count:", (_name, auth) => {
  async function minted(env: (bundle: string) => Readonly<Record<string, string>>) {
    const { workspace, other, home, bundle } = await twoWorkspaces();
    const cli = await installDatabricksCli(home, {
      logins: { me: "refresh", [workspace.url]: "refresh" },
      without: ["profile-first"],
    });
    const options = { method: "cli", cli, host: workspace.url, auth };
    await mint({ options, env: { HOME: home, ...env(bundle) } });
    return [workspace.mints.length, other.requests.length];
  }

  test("a bundle by its variable", async () => {
    expect(await minted((bundle) => ({ DATABRICKS_BUNDLE_ROOT: bundle, DATABRICKS_BUNDLE_TARGET: "prod" }))).toEqual([
      1, 0,
    ]);
    expect(await minted((bundle) => ({ BUNDLE_ROOT: bundle }))).toEqual([1, 0]);
  });

  test("a bundle where temporary files go", async () => {
    expect(await minted((bundle) => ({ XDG_RUNTIME_DIR: bundle }))).toEqual([1, 0]);
  });
});

test("the CLI runs in an empty directory of its own, with nothing of ours but how to find itself and the network", async () => {
  const { workspace, home } = await twoWorkspaces();
  const seen = join(home, "seen");
  const cli = await script(
    home,
    `{ pwd; ls -A; stat -c %a .; env; cat "$DATABRICKS_CONFIG_FILE"; } > ${seen}; echo '{}'`,
  );
  const options = { method: "cli", cli, auth: { method: "databricks-cli", profile: "me" } };
  const env = {
    HOME: home,
    PATH: process.env["PATH"] ?? "",
    HTTPS_PROXY: "http://proxy.example.com",
    VAULT_TOKEN: "hvs.of-another-provider",
    DATABRICKS_TOKEN: "dapi-of-nobody",
    DATABRICKS_HOST: "https://elsewhere.example.com",
  };
  await errorOf(mint({ options, env }));
  const lines = (await readFile(seen, "utf8")).split("\n");
  expect(lines.slice(1, 3)).toEqual(["databrickscfg", "700"]);
  expect(lines).toContain("HTTPS_PROXY=http://proxy.example.com");
  expect(lines).toContain(`DATABRICKS_HOST=${workspace.url}`);
  expect(lines.join()).not.toMatch(/VAULT_TOKEN|dapi-of-nobody|elsewhere/);
  expect(lines).toContain("retry_timeout_seconds = 15");
  await expect(readFile(join(lines[0] ?? "", "databrickscfg"))).rejects.toThrow("ENOENT");
});

test("a token of ours, or of a profile, stands in no file of the call", async () => {
  const { workspace, home } = await twoWorkspaces();
  const seen = join(home, "seen");
  const cli = await script(home, `cat ./* > ${seen} 2>/dev/null; echo '{}'`);
  const env = { HOME: home, PATH: process.env["PATH"] ?? "" };
  const byToken = { method: "cli", cli, host: workspace.url, auth: { method: "pat", token: secretRef(pat) } };
  await errorOf(mint({ options: byToken, env }));
  expect(await readFile(seen, "utf8")).toMatch(/^\[rotate\]$/m);
  expect(await readFile(seen, "utf8")).not.toContain(pat);
  await errorOf(mint({ options: { method: "cli", cli, auth: prod }, env }));
  expect(await readFile(seen, "utf8")).toBe("");
});

describe("what came back is looked at", () => {
  test("a credential of another workspace is refused", async () => {
    const { workspace, other, home } = await twoWorkspaces();
    const foreign = tokenOf(
      await mint({ options: { host: other.url, auth: { method: "pat", token: secretRef(pat) } } }),
    );
    const answer = JSON.stringify({ token: foreign, expire_time: "2099-01-01T00:00:00Z" });
    const cli = await script(home, `echo '${answer}'`);
    const error = await errorOf(mint({ options: { method: "cli", cli, auth: prod }, env: { HOME: home } }));
    expect(error).toMatchObject({ code: "BAD_ANSWER", retryable: false, noEffect: false });
    expect(error.message).toContain(`issued by ${other.url}, not by ${workspace.url}`);
    expect(`${error.message}${error.hint}`).not.toContain(foreign);
  });

  test("so is a person's login of another workspace", async () => {
    const { workspace, other, home } = await twoWorkspaces();
    const cli = await installDatabricksCli(home, { logins: { me: "refresh" } });
    const login = await logIn({
      options: { cli, auth: { method: "databricks-cli", profile: "me" } },
      env: { HOME: home },
    });
    const token = (login["bearer"] as { reveal: () => string }).reveal();
    const answer = JSON.stringify({ access_token: token, expiry: "2099-01-01T00:00:00Z" });
    const options = {
      host: other.url,
      cli: await script(home, `echo '${answer}'`),
      auth: { method: "databricks-cli" },
    };
    expect(await errorOf(logIn({ options, env: { HOME: home } }))).toMatchObject({
      code: "BAD_ANSWER",
      message: expect.stringContaining(`issued by ${workspace.url}`),
    });
  });

  test("a workspace that issues under another name, and says so, is believed", async () => {
    const { workspace, other, home } = await twoWorkspaces();
    const token = tokenOf(await mint({ options: { host: other.url, auth: { method: "pat", token: secretRef(pat) } } }));
    const body = { issuer: `${other.url}/oidc`, token_endpoint: `${workspace.url}/oidc/v1/token` };
    workspace.faults.next("GET /oidc/.well-known/oauth-authorization-server", { status: 200, body });
    const answer = JSON.stringify({ token, expire_time: "2099-01-01T00:00:00Z" });
    const cli = await script(home, `echo '${answer}'`);
    expect(tokenOf(await mint({ options: { method: "cli", cli, auth: prod }, env: { HOME: home } }))).toBe(token);
  });
});

describe("what the CLI refuses is understood", () => {
  test("a limit that lasts is a limit, not a silence", async () => {
    const { workspace, home } = await twoWorkspaces();
    const cli = await installDatabricksCli(home);
    workspace.faults.always(mintRoute, databricksFaults.rateLimited);
    expect(await errorOf(mint({ options: { method: "cli", cli, auth: prod }, env: { HOME: home } }))).toMatchObject({
      code: "RATE_LIMITED",
      retryable: true,
      noEffect: true,
    });
  });

  test.each([
    ["no login", "Error: cache: no cached credentials; run `databricks auth login` to sign in", { person: true }],
    [
      "a login that another program must set up",
      "Error: azure-cli auth: not configured",
      { code: "DENIED", retryable: false, hint: expect.stringContaining("auth describe") },
    ],
    [
      "a message of several lines",
      "Error: A new access token could not be retrieved because the refresh token is invalid. To reauthenticate, run the following command:\n  $ databricks auth login --profile prod",
      {
        person: true,
        message: expect.stringContaining("run the following command: $ databricks auth login --profile prod"),
      },
    ],
    [
      "no permission",
      "Error: nope\n\nProfile:   prod\n\nNext steps:\n  - Verify you have the required permissions for this operation",
      { code: "DENIED", retryable: false, message: "no credential for " + endpoint + ": nope (exit 1)" },
    ],
    [
      "what nobody foresaw",
      "Error: the moon is full",
      { code: "FAILED", hint: "run the same `databricks` command by hand, as the user that runs rotate" },
    ],
  ])("%s", async (_name, stderr, expected) => {
    const { home } = await twoWorkspaces();
    const text = join(home, "stderr");
    await writeFile(text, stderr);
    const cli = await script(home, `cat ${text} >&2; exit 1`);
    const env = { HOME: home, PATH: process.env["PATH"] ?? "" };
    expect(await errorOf(mint({ options: { method: "cli", cli, auth: prod }, env }))).toMatchObject(expected);
  });
});

describe("before the mint", () => {
  test("a profile that is not there, with those that are", async () => {
    const { home } = await twoWorkspaces();
    const cli = await installDatabricksCli(home);
    const options = { method: "cli", cli, auth: { method: "profile", profile: "none" } };
    expect(await errorOf(check({ options, env: { HOME: home } }))).toMatchObject({
      code: "NOT_FOUND",
      hint: "its profiles are prod, me",
    });
  });

  test("a request that does not fit the API", async () => {
    const { workspace } = await twoWorkspaces();
    const options = { host: workspace.url, auth: { method: "pat", token: secretRef(pat) } };
    expect(await errorOf(check({ options, request: { instances: ["app"] } }))).toMatchObject({ code: "INVALID" });
  });
});

test("what a login reads is named, and where its rotation belongs", () => {
  const env = { HOME: "/home/app" };
  const scope = typeof provider.scope === "function" ? provider.scope : () => "";
  expect(provider.reads?.({ auth: prod }, env)).toEqual([
    { path: "/home/app/.databrickscfg", section: "prod" },
    { path: "/home/app/.databricks" },
  ]);
  expect(provider.reads?.({ auth: { method: "pat" } }, env)).toEqual([]);
  expect(scope({ method: "http", auth: { method: "oauth-m2m" } })).toBe("anywhere");
  expect(scope({ method: "cli", auth: { method: "oauth-m2m" } })).toBe("host");
  expect(provider.maxLife).toBe(3_600_000);
});
