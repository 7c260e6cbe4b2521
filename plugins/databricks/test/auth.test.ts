import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createGithubOidcDouble, installDatabricksCli } from "@rotate/doubles";
import { secretRef } from "@rotate/testkit";
import { expect, test } from "vitest";
import {
  atEnd,
  endpoint,
  logIn,
  mint,
  pat,
  temporaryDirectory,
  tokenOf,
  tokenRoute,
  user,
  workspaceDouble,
} from "./support.ts";

const servicePrincipal = { clientId: "5e7a0c1e-0000-4000-8000-000000000001", secret: "dose0123456789abcdef" };
const m2m = {
  method: "oauth-m2m",
  clientId: servicePrincipal.clientId,
  clientSecret: secretRef(servicePrincipal.secret),
};

test("a personal access token mints a credential of its user, for an hour", async () => {
  const workspace = await workspaceDouble();
  const minted = await mint({ options: { host: workspace.url, auth: { method: "pat", token: secretRef(pat) } } });
  expect(await workspace.tokens.verify(tokenOf(minted))).toMatchObject({ sub: user, resources: [endpoint] });
  expect(minted.expires).toEqual(new Date(workspace.mints[0]?.expiresAt ?? 0));
});

test("a personal access token is read anew at each attempt", async () => {
  const workspace = await workspaceDouble();
  expect(
    (await logIn({ options: { host: workspace.url, auth: { method: "pat", token: secretRef(pat) } } })).expires,
  ).toBeUndefined();
});

test("a service principal logs in with its secret, and mints as itself", async () => {
  const workspace = await workspaceDouble({ servicePrincipals: [servicePrincipal] });
  const minted = await mint({ options: { host: workspace.url, auth: m2m } });
  expect(await workspace.tokens.verify(tokenOf(minted))).toMatchObject({ sub: servicePrincipal.clientId });
  expect(workspace.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "GET /.well-known/databricks-config",
    "GET /oidc/.well-known/oauth-authorization-server",
    "POST /oidc/v1/token",
    "POST /api/2.0/postgres/credentials",
  ]);
});

test("a login is kept until a minute before its token ends", async () => {
  const workspace = await workspaceDouble({ servicePrincipals: [servicePrincipal] });
  expect(await logIn({ options: { host: workspace.url, auth: m2m } })).toMatchObject({ expires: { in: 3_540_000 } });
});

test("a life that comes as text, or is a few seconds only, is understood", async () => {
  const workspace = await workspaceDouble({
    servicePrincipals: [servicePrincipal],
    expiresInAsText: true,
    accessTokenTtl: 4000,
  });
  expect(await logIn({ options: { host: workspace.url, auth: m2m } })).toMatchObject({ expires: { in: 2000 } });
});

test("a secret with reserved characters arrives unharmed", async () => {
  const odd = { clientId: "id:with/colon", secret: "a+b%c/d:e=f" };
  const workspace = await workspaceDouble({ servicePrincipals: [odd] });
  const auth = { method: "oauth-m2m", clientId: odd.clientId, clientSecret: secretRef(odd.secret) };
  await mint({ options: { host: workspace.url, auth } });
  expect(workspace.mints[0]?.sub).toBe(odd.clientId);
});

test("a token of the scope postgres is enough", async () => {
  const workspace = await workspaceDouble({ servicePrincipals: [servicePrincipal] });
  await mint({ options: { host: workspace.url, auth: { ...m2m, scope: "postgres" } } });
  expect(new URLSearchParams(workspace.requests[2]?.body).get("scope")).toBe("postgres");
});

test.each([
  ["404", { status: 404 }],
  ["500", { status: 500 }],
  ["a web page", "html"],
  ["nothing", "drop"],
] as const)("login works on a host whose metadata is %s", async (_case, fault) => {
  const workspace = await workspaceDouble({ servicePrincipals: [servicePrincipal] });
  workspace.faults.next("GET /.well-known/databricks-config", fault);
  await mint({ options: { host: workspace.url, auth: m2m } });
  expect(workspace.mints).toHaveLength(1);
});

test("login works on a host without OAuth metadata, by the fixed path", async () => {
  const workspace = await workspaceDouble({ servicePrincipals: [servicePrincipal] });
  workspace.faults.next("GET /.well-known/databricks-config", { status: 404 });
  workspace.faults.next("GET /oidc/.well-known/oauth-authorization-server", { status: 404 });
  await mint({ options: { host: workspace.url, auth: m2m } });
  expect(workspace.requests.map(({ path }) => path)).toContain("/oidc/v1/token");
});

test("on a unified host the workspace is found out, and named in every call", async () => {
  const workspace = await workspaceDouble({ servicePrincipals: [servicePrincipal], unified: true, workspaceId: "42" });
  await mint({ options: { host: workspace.url, auth: m2m } });
  await mint({ options: { host: `${workspace.url}/?o=42`, auth: { method: "pat", token: secretRef(pat) } } });
  await mint({ options: { host: workspace.url, workspaceId: "42", auth: { method: "pat", token: secretRef(pat) } } });
  expect(workspace.mints).toHaveLength(3);
});

test("a GitHub job exchanges its identity for an access token, without any secret", async () => {
  const github = await createGithubOidcDouble();
  atEnd(github.close);
  const federation = {
    issuer: github.issuer,
    subject: github.subject,
    audience: "my-audience",
    clientId: "sp",
    key: github.key,
  };
  const workspace = await workspaceDouble({ federation: [federation] });
  const auth = { method: "github-oidc", clientId: "sp", audience: "my-audience" };
  await mint({ options: { host: workspace.url, auth }, env: github.env });
  expect(workspace.mints[0]?.sub).toBe("sp");
  expect(github.requests[0]?.query.get("api-version")).toBe("2.0");
});

test("the audience is the one that the workspace asks for, unless the spec names one", async () => {
  const github = await createGithubOidcDouble();
  atEnd(github.close);
  const workspace = await workspaceDouble();
  await mint({ options: { host: workspace.url, auth: { method: "github-oidc" } }, env: github.env }).catch(
    () => undefined,
  );
  expect(github.requests[0]?.query.get("audience")).toBe(`${workspace.url}/oidc/v1/token`);
});

test.each(["env-oidc", "file-oidc"])("%s exchanges a token that another issuer has left here", async (method) => {
  const issuer = await createGithubOidcDouble();
  atEnd(issuer.close);
  const policy = { issuer: issuer.issuer, subject: issuer.subject, audience: "databricks", key: issuer.key };
  const workspace = await workspaceDouble({ federation: [policy] });
  await mint({ options: { host: workspace.url, auth: { method, token: secretRef(await issuer.sign("databricks")) } } });
  expect(workspace.mints[0]?.sub).toBe(issuer.subject);
  const form = new URLSearchParams(workspace.requests.find(({ path }) => path === "/oidc/v1/token")?.body);
  expect(form.get("client_id")).toBeNull();
});

test("a person's login is fetched from the CLI, and kept no longer than it lives", async () => {
  const workspace = await workspaceDouble({ refreshTokens: { refresh: user } });
  const directory = await temporaryDirectory();
  const cli = await installDatabricksCli(directory, { logins: { [workspace.url]: "refresh" } });
  const call = { options: { host: workspace.url, cli, auth: { method: "databricks-cli" } } };
  const login = await logIn(call);
  await mint(call, login);
  expect(workspace.mints[0]?.sub).toBe(user);
  expect(login.expires).toMatchObject({ in: expect.closeTo(3_540_000, -4) });
});

interface ProfileCase {
  readonly name: string;
  readonly profile?: string;
  readonly file: (host: string) => string;
}

const profiles: readonly ProfileCase[] = [
  { name: "a token, under DEFAULT", file: (host) => `[DEFAULT]\nhost = ${host}\ntoken = ${pat}\n` },
  { name: "a token above any section", file: (host) => `host=${host}\ntoken=${pat}\n` },
  {
    name: "a profile asked for",
    profile: "prod",
    file: (host) => `[DEFAULT]\nhost = x\n\n[prod]\nhost = ${host}\ntoken = ${pat}`,
  },
  {
    name: "a profile with dots in its name",
    profile: "acme.prod.eu",
    file: (host) => `[acme.prod.eu]\r\nhost = ${host}\r\ntoken = ${pat}\r\n`,
  },
  {
    name: "the default profile that the settings name",
    file: (host) =>
      `[__settings__]\ndefault_profile = prod\n[prod]\nhost = ${host}\ntoken = ${pat}\n[DEFAULT]\nhost = x\n`,
  },
  {
    name: "comments behind values",
    file: (host) => `; mine\n[DEFAULT] \n  host = ${host}/?o=1#top  # the host\n  token = ${pat} ; and token\n`,
  },
  {
    name: "a service principal",
    file: (host) =>
      `[DEFAULT]\nhost = ${host}\nclient_id = ${servicePrincipal.clientId}\nclient_secret = ${servicePrincipal.secret}\n`,
  },
  {
    name: "two logins, one of them pinned",
    file: (host) => `[DEFAULT]\nhost = ${host}\ntoken = ${pat}\nclient_id = a\nclient_secret = b\nauth_type = pat\n`,
  },
];

test.each(profiles)("a profile of ~/.databrickscfg logs in: $name", async ({ file, profile }) => {
  const workspace = await workspaceDouble({ servicePrincipals: [servicePrincipal] });
  const home = await temporaryDirectory();
  await writeFile(join(home, ".databrickscfg"), file(workspace.url));
  await mint({ options: { auth: { method: "profile", ...(profile && { profile }) } }, env: { HOME: home } });
  expect(workspace.mints).toHaveLength(1);
});

test("a profile of a person's login goes through the CLI", async () => {
  const workspace = await workspaceDouble({ refreshTokens: { refresh: user } });
  const home = await temporaryDirectory();
  await writeFile(join(home, "cfg"), `[me]\nhost = ${workspace.url}\nauth_type = databricks-cli\n`);
  const cli = await installDatabricksCli(home, { logins: { me: "refresh" } });
  await mint({ options: { cli, auth: { method: "profile", profile: "me", configFile: join(home, "cfg") } } });
  expect(workspace.mints[0]?.sub).toBe(user);
});

test("one login serves many mints", async () => {
  const workspace = await workspaceDouble({ servicePrincipals: [servicePrincipal] });
  const call = { options: { host: workspace.url, auth: m2m } };
  const login = await logIn(call);
  await Promise.all([mint(call, login), mint(call, login), mint(call, login)]);
  expect(workspace.requests.filter(({ method, path }) => `${method} ${path}` === tokenRoute)).toHaveLength(1);
  expect(new Set(workspace.mints.map(({ jti }) => jti)).size).toBe(3);
});
