import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createServer } from "node:http";
import { listen } from "@rotate/doubles";
import { errorOf, fileRef, secretRef, textOf } from "@rotate/testkit";
import { expect, onTestFinished, test } from "vitest";
import {
  app,
  cloud,
  federatedCloud,
  cloudPlatform,
  federated,
  keyOf,
  middle,
  person,
  pool,
  program,
  sqlLogin,
  target,
  temporaryDirectory,
  userOf,
} from "./support.ts";

const metadata = { method: "metadata" };

test("a machine's own token comes from the metadata server, with its true life", async () => {
  const { gcp, mint } = await cloud();
  const minted = await mint(metadata);
  expect(gcp.inspect(textOf(minted, "token"))).toMatchObject({ principal: app, scopes: [cloudPlatform] });
  expect(minted.expires).toEqual({ in: 3_599_000 });
});

test("the metadata server gives the same token again, with what is left of its life, until shortly before its end", async () => {
  const { mint, clock } = await cloud();
  const first = await mint(metadata);
  await clock.advance(3_000_000);
  const second = await mint(metadata);
  expect(textOf(second, "token")).toBe(textOf(first, "token"));
  expect(second.expires).toEqual({ in: 599_000 });
  await clock.advance(300_000);
  expect(textOf(await mint(metadata), "token")).not.toBe(textOf(first, "token"));
});

test("the metadata server is never reached through a proxy", async () => {
  const { mint } = await cloud();
  const minted = await mint(metadata, { env: { HTTP_PROXY: "http://127.0.0.1:1", NO_PROXY: "" } });
  expect(textOf(minted, "token")).toMatch(/^ya29\./);
});

test("a machine's token has the scopes asked for", async () => {
  const { gcp, mint } = await cloud();
  const minted = await mint({ ...metadata, account: app }, { request: { scopes: [sqlLogin, "openid"] } });
  expect(gcp.inspect(textOf(minted, "token"))?.scopes).toEqual([sqlLogin, "openid"]);
});

test("a service account's key signs for a token of one hour", async () => {
  const { gcp, mint } = await cloud();
  const minted = await mint(keyOf(gcp), { request: { scopes: [sqlLogin] } });
  expect(gcp.inspect(textOf(minted, "token"))).toMatchObject({ principal: app, scopes: [sqlLogin], by: "key" });
  expect(minted.expires).toEqual({ in: 3_599_000 });
});

test("a key is asked where its file says, when the spec says nothing", async () => {
  const { gcp, mint } = await cloud();
  const minted = await mint(keyOf(gcp), { options: { endpoints: {} } });
  expect(gcp.inspect(textOf(minted, "token"))?.principal).toBe(app);
});

test("a key file is read anew at each mint, so that a replaced one is picked up", async () => {
  const { gcp, mint } = await cloud();
  const path = join(await temporaryDirectory(), "key.json");
  await writeFile(path, "{}");
  const source = { method: "service-account", key: fileRef(path) };
  expect((await errorOf(mint(source))).code).toBe("INVALID");
  await writeFile(path, gcp.keyFile(app));
  expect(gcp.inspect(textOf(await mint(source), "token"))?.principal).toBe(app);
});

test("a key may act as a user of the domain that allowed it", async () => {
  const { gcp, mint } = await cloud({ delegated: { [app]: [person.email] } });
  const minted = await mint({ ...keyOf(gcp), subject: person.email });
  expect(gcp.inspect(textOf(minted, "token"))?.principal).toBe(person.email);
  expect(await errorOf(mint({ ...keyOf(gcp), subject: "eve@example.com" }))).toMatchObject({
    code: "DENIED",
    hint: expect.stringContaining("Workspace admin"),
  });
});

test("a person's refresh token gives that person's token", async () => {
  const { gcp, mint } = await cloud();
  const minted = await mint(userOf(gcp));
  expect(gcp.inspect(textOf(minted, "token"))).toMatchObject({ principal: person.email, by: "refresh-token" });
  expect(gcp.inspect(textOf(await mint(userOf(gcp), { request: { scopes: [sqlLogin] } }), "token"))?.scopes).toEqual([
    sqlLogin,
  ]);
});

test("an identity token of another issuer is exchanged, from wherever it is read", async () => {
  const { gcp, github, mint } = await federatedCloud();
  const token = await github.sign(`https:${pool}`);
  const server = createServer((request, response) => {
    response.end(request.headers["x-key"] === "k" ? JSON.stringify({ value: token }) : "");
  });
  const url = `http://127.0.0.1:${await listen(server)}/`;
  onTestFinished(() => void server.close());
  const response = { version: 1, success: true, token_type: "urn:ietf:params:oauth:token-type:jwt", id_token: token };
  const command = [await program(await temporaryDirectory(), `printf '%s' '${JSON.stringify(response)}'`)];
  const subjects = [
    { from: "reference", token: secretRef(token) },
    { from: "reference", token: secretRef(JSON.stringify({ access: token })), field: "access" },
    { from: "url", url, headers: { "x-key": "k" }, field: "value" },
    { from: "executable", command },
  ];
  for (const subject of subjects) {
    const minted = await mint(federated(subject));
    expect(gcp.inspect(textOf(minted, "token"))?.principal).toContain(`/subject/${github.subject}`);
    expect(minted.expires).toEqual({ in: 3_600_000 });
  }
});

test("a GitHub job exchanges its identity, made for the pool's provider, without any secret", async () => {
  const { gcp, github, mint } = await federatedCloud();
  const minted = await mint(federated({ from: "github-actions" }), { env: github.env });
  expect(gcp.inspect(textOf(minted, "token"))?.principal).toContain(github.subject);
  expect(github.requests[0]?.query.get("audience")).toBe(`https:${pool}`);
});

test("an identity program is told what it is asked for", async () => {
  const { gcp, github, mint } = await federatedCloud();
  const directory = await temporaryDirectory();
  const token = await github.sign(`https:${pool}`);
  const end = Math.floor(Date.now() / 1000) + 600;
  const command = await program(
    directory,
    `printf '{"version":1,"success":true,"token_type":"%s","id_token":"%s","expiration_time":%s}' "$GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE" '${token}' ${end}
test "$GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE" = '${pool}' && test "$GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE" = 0`,
  );
  const minted = await mint(federated({ from: "executable", command: [command] }));
  expect(gcp.inspect(textOf(minted, "token"))?.principal).toContain(github.subject);
});

test("any source may act as a service account, for the life asked for", async () => {
  const { gcp, mint } = await cloud();
  for (const source of [metadata, keyOf(gcp)]) {
    const minted = await mint(source, {
      options: { impersonate: { account: target } },
      request: { ttl: 900_000, scopes: [sqlLogin] },
    });
    const record = gcp.inspect(textOf(minted, "token"));
    expect(record).toMatchObject({ principal: target, scopes: [sqlLogin], by: "impersonation" });
    expect(Math.abs(Number(minted.expires) - (record?.expiresAt ?? 0))).toBeLessThan(1000);
  }
});

test("an exchanged identity may act as a service account", async () => {
  const principal = `principal:${pool.replace(/\/providers\/.*/, "")}/subject/repo:acme/app:ref:refs/heads/main`;
  const { gcp, github, mint } = await federatedCloud({}, { mayActAs: { [target]: [principal] } });
  const minted = await mint(federated({ from: "github-actions" }), {
    env: github.env,
    options: { impersonate: { account: target } },
  });
  expect(gcp.inspect(textOf(minted, "token"))?.principal).toBe(target);
});

test("a chain of delegates leads to an account, each acting as the next", async () => {
  const { gcp, mint } = await cloud({ mayActAs: { [middle]: [app], [target]: [middle] } });
  const through = { options: { impersonate: { account: target, delegates: [middle] } } };
  expect(gcp.inspect(textOf(await mint(metadata, through), "token"))?.principal).toBe(target);
  expect(await errorOf(mint(metadata, { options: { impersonate: { account: target } } }))).toMatchObject({
    code: "DENIED",
    hint: expect.stringContaining("serviceAccountTokenCreator"),
  });
});

test("a life over an hour is given where the organisation allows it, and else says how to allow it", async () => {
  const impersonate = { options: { impersonate: { account: target } }, request: { ttl: 43_200_000 } };
  const open = await cloud({ longLived: [target] });
  const minted = await open.mint(metadata, impersonate);
  expect(Number(minted.expires) - open.clock.now()).toBeGreaterThan(43_198_000);
  const closed = await cloud();
  expect(await errorOf(closed.mint(metadata, impersonate))).toMatchObject({
    code: "INVALID",
    hint: expect.stringContaining("allowServiceAccountCredentialLifetimeExtension"),
  });
});

test("one login of the source serves many mints, and ends a minute before its token", async () => {
  const { gcp, logIn, mint } = await cloud();
  const impersonate = { options: { impersonate: { account: target } } };
  const login = await logIn(keyOf(gcp), impersonate);
  expect(login.expires).toEqual({ in: 3_539_000 });
  await Promise.all([1, 2, 3].map(() => mint(keyOf(gcp), { ...impersonate, login })));
  expect(gcp.requests.filter(({ path }) => path === "/token")).toHaveLength(1);
  expect(gcp.issued.filter(({ by }) => by === "impersonation")).toHaveLength(3);
});

test.each([
  ["the metadata server", () => metadata, {}],
  ["a key", (gcp: Parameters<typeof keyOf>[0]) => keyOf(gcp), {}],
  ["an account acted as", () => metadata, { impersonate: { account: target } }],
] as const)("%s gives an identity token for an audience, whose end is its own", async (_name, source, options) => {
  const { gcp, mint, clock } = await cloud();
  const request = { idToken: { audience: "https://service.run.app", includeEmail: true } };
  const minted = await mint(source(gcp), { options, request });
  const claims = await gcp.verifyIdToken(textOf(minted, "token"));
  expect(claims).toMatchObject({ aud: "https://service.run.app", email: expect.stringContaining("@acme") });
  expect(minted.expires).toEqual(new Date((Math.floor(clock.now() / 1000) + 3600) * 1000));
});

test("tokens of any length pass", async () => {
  const { mint } = await cloud({ tokenLength: 4200 });
  expect(textOf(await mint(metadata), "token")).toHaveLength(4200);
});
