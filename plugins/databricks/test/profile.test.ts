import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseProfiles } from "../src/auth/config-file.ts";
import { errorOf, logIn, pat, temporaryDirectory } from "./support.ts";

async function profileError(text: string | undefined, profile?: string) {
  const home = await temporaryDirectory();
  if (text !== undefined) await writeFile(join(home, ".databrickscfg"), text);
  const auth = { method: "profile", ...(profile && { profile }) };
  return errorOf(logIn({ options: { auth }, env: { HOME: home } }));
}

test("a file that does not exist says how to make one", async () => {
  expect(await profileError(undefined)).toMatchObject({
    code: "NOT_FOUND",
    hint: expect.stringMatching(/databricks configure/),
  });
});

test("a profile that does not exist says which do", async () => {
  const error = await profileError(`[__settings__]\nx = y\n[dev]\nhost = a\n[prod]\nhost = b\n`, "production");
  expect(error).toMatchObject({ code: "NOT_FOUND", hint: "its profiles are dev, prod" });
});

test.each([
  [
    "two logins and none pinned",
    `[DEFAULT]\nhost=https://a\ntoken=${pat}\nclient_id=b\n`,
    /token and a client_id/,
    /auth_type/,
  ],
  ["a login that only the CLI speaks", "[DEFAULT]\nhost=https://a\nauth_type=azure-cli\n", /azure-cli/, /method cli/],
  ["no host", `[DEFAULT]\ntoken=${pat}\n`, /no host/, /workspace URL/],
  ["a pinned login without its token", "[DEFAULT]\nhost=https://a\nauth_type=pat\n", /no token/, /add token/],
])("a profile with %s is refused", async (_case, text, message, hint) => {
  const error = await profileError(text);
  expect(error).toMatchObject({ code: "INVALID", retryable: false, hint: expect.stringMatching(hint) });
  expect(error.message).toMatch(message);
});

test("a database credential in a profile is not taken for its token", async () => {
  const jwt = [`{"alg":"ES256"}`, `{"sub":"me"}`, "x"].map((part) => Buffer.from(part).toString("base64url")).join(".");
  const error = await profileError(`[DEFAULT]\nhost = https://a\ntoken = ${jwt}\n`);
  expect(error.message).toMatch(/looks like the database credential/);
  expect(`${error.message}${error.hint}`).not.toContain(jwt);
});

test("a file that may not be read is no missing file", async ({ skip }) => {
  skip(process.getuid?.() === 0, "root may read every file");
  const home = await temporaryDirectory();
  await writeFile(join(home, ".databrickscfg"), "[DEFAULT]\n");
  await chmod(join(home, ".databrickscfg"), 0);
  const call = { options: { auth: { method: "profile" } }, env: { HOME: home } };
  expect(await errorOf(logIn(call))).toMatchObject({ code: "DENIED" });
});

test("a directory in place of the file is named", async () => {
  const home = await temporaryDirectory();
  const auth = { method: "profile", configFile: home };
  expect(await errorOf(logIn({ options: { auth } }))).toMatchObject({
    code: "INVALID",
    message: expect.stringMatching(/is a directory$/),
  });
});

test("every value of visible characters is read as it was written", async () => {
  const word = fc.stringMatching(/^[!-~]{1,40}$/).filter((text) => !/^["'#;[]|\\|["']$|^(true|false|null)$/.test(text));
  await fc.assert(
    fc.asyncProperty(fc.stringMatching(/^[A-Za-z0-9_.-]{1,20}$/), word, async (name, value) => {
      fc.pre(name !== "__proto__");
      const profiles = await parseProfiles(`[${name}]\ntoken = ${value}  # comment ; more\n`);
      expect(profiles.get(name)).toEqual({ token: value });
    }),
  );
});
