import { execFile, execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { errorOf, textOf } from "@rotate/testkit";
import { expect, test } from "vitest";
import { app, cloud, type Cloud, cloudPlatform, program, target, temporaryDirectory } from "./support.ts";

const run = promisify(execFile);

/** Why the real gcloud cannot be used here; undefined when it can. */
const missing = ((): string | undefined => {
  try {
    execFileSync("gcloud", ["--version"], { stdio: "pipe" });
    return undefined;
  } catch {
    return "gcloud is not installed";
  }
})();

/** An environment in which gcloud knows nothing but this cloud. */
async function gcloudEnv({ gcp }: Cloud): Promise<Readonly<Record<string, string>>> {
  const directory = await temporaryDirectory();
  const { PATH = "" } = process.env;
  return {
    PATH,
    HOME: directory,
    CLOUDSDK_CONFIG: join(directory, "gcloud"),
    CLOUDSDK_CORE_DISABLE_PROMPTS: "1",
    CLOUDSDK_CORE_CHECK_GCE_METADATA: "false",
    CLOUDSDK_AUTH_TOKEN_HOST: `${gcp.url}/token`,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS: `${gcp.url}/`,
  };
}

/** gcloud, logged in by the key of the first account. */
async function loggedIn(world: Cloud): Promise<Readonly<Record<string, string>>> {
  const env = await gcloudEnv(world);
  const path = join(env["HOME"] ?? "", "key.json");
  await writeFile(path, world.gcp.keyFile(app));
  await run("gcloud", ["auth", "activate-service-account", "--key-file", path], { env });
  return env;
}

test.skipIf(missing)(
  `the real gcloud's login mints, with its true end${missing ? ` (${missing})` : ""}`,
  { timeout: 90_000 },
  async () => {
    const world = await cloud();
    const begun = performance.now();
    const env = await loggedIn(world);
    const mint = () =>
      world.mint(
        { method: "gcloud" },
        { env: { ...env, CLOUDSDK_AUTH_ACCESS_TOKEN: "one-of-our-own" }, timeout: 60_000 },
      );
    const minted = await mint();
    const record = world.gcp.inspect(textOf(minted, "token"));
    expect(record).toMatchObject({ principal: app, by: "key" });
    // gcloud counts from when it has read the answer, in whole seconds.
    const most = performance.now() - begun + 1_000;
    expect(Math.abs(Number(minted.expires) - (record?.expiresAt ?? 0))).toBeLessThan(most);
    const again = await mint();
    expect(textOf(again, "token")).toBe(textOf(minted, "token"));
  },
);

test.skipIf(missing)(
  `the real gcloud, an independent client, acts as an account through the double${missing ? ` (${missing})` : ""}`,
  { timeout: 90_000 },
  async () => {
    const world = await cloud();
    const env = await loggedIn(world);
    const { stdout } = await run("gcloud", ["auth", "print-access-token", `--impersonate-service-account=${target}`], {
      env,
    });
    expect(world.gcp.inspect(stdout.trim())).toMatchObject({ principal: target, by: "impersonation" });
  },
);

test("a minted token is known to the service that checks tokens", async () => {
  const { gcp, mint } = await cloud();
  const minted = await mint({ method: "metadata" }, { options: { impersonate: { account: target } } });
  const answer = await fetch(`${gcp.url}/tokeninfo`, {
    method: "POST",
    headers: { authorization: `Bearer ${textOf(minted, "token")}` },
  });
  expect(await answer.json()).toMatchObject({ email: target, scope: cloudPlatform });
});

test("the account and configuration that the spec names are gcloud's", async () => {
  const { mint, clock } = await cloud();
  const directory = await temporaryDirectory();
  const end = new Date(Math.floor(clock.now() / 1000) * 1000 + 600_000).toISOString();
  const command = await program(
    directory,
    `printf '%s\\n' "$@" > ${directory}/args
printf '{"credential":{"access_token":"ya29.x","token_expiry":"${end}"}}'`,
  );
  const minted = await mint({ method: "gcloud", command, account: "ada@example.com", configuration: "work" });
  expect(minted.expires).toEqual(new Date(end));
  const { stdout } = await run("cat", [join(directory, "args")]);
  expect(stdout.split("\n").slice(2, 7)).toEqual([
    "--format=json",
    "--account",
    "ada@example.com",
    "--configuration",
    "work",
  ]);
});

test.each([
  [
    "nobody is logged in",
    "echo 'ERROR: You do not currently have an active account selected.' >&2; exit 1",
    "DENIED",
    false,
    /auth login/,
  ],
  [
    "Google wants the person again",
    "echo 'Reauthentication failed. cannot prompt during non-interactive execution.' >&2; exit 1",
    "DENIED",
    false,
    /auth login/,
  ],
  [
    "the login is dead",
    "echo \"There was a problem refreshing your current auth tokens: ('invalid_grant: Bad')\" >&2; exit 1",
    "DENIED",
    false,
    /auth login/,
  ],
  ["Google cannot be reached", "echo 'Unable to reach the server' >&2; exit 1", "UNAVAILABLE", true, /network/],
  ["it fails otherwise", "echo 'odd' >&2; exit 2", "FAILED", true, /by hand/],
  ["it prints no JSON", "echo hi", "BAD_ANSWER", false, /by hand/],
  ["it prints no token", "echo '{}'", "BAD_ANSWER", false, /by hand/],
  [
    "it knows no end",
    `printf '{"credential":{"access_token":"x","token_expiry":null}}'`,
    "BAD_ANSWER",
    false,
    /token file/,
  ],
])("when %s, that is what gcloud's refusal means", async (_case, script, code, retryable, hint) => {
  const { mint } = await cloud();
  const command = await program(await temporaryDirectory(), script);
  expect(await errorOf(mint({ method: "gcloud", command }))).toMatchObject({
    code,
    retryable,
    hint: expect.stringMatching(hint),
  });
});

test("a missing gcloud says how to name it", async () => {
  const { mint } = await cloud();
  expect(await errorOf(mint({ method: "gcloud", command: "no-such-gcloud" }))).toMatchObject({
    code: "NOT_FOUND",
    hint: expect.stringContaining("source.command"),
  });
});
