import { get } from "node:https";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import {
  createCertificateAuthority,
  createDatabricksDouble,
  databricksFaults,
  type DatabricksDouble,
  type DatabricksDoubleOptions,
} from "@rotate/doubles";

const pat = "dapi0123456789abcdef0123456789abcdef";
const endpoint = "projects/app/branches/production/endpoints/primary";
const mintRoute = "POST /api/2.0/postgres/credentials";
const start = Date.UTC(2026, 10, 22, 10);

let now = start;
let running: DatabricksDouble | undefined;

async function double(options: DatabricksDoubleOptions = {}): Promise<DatabricksDouble> {
  now = start;
  running = await createDatabricksDouble({ now: () => now, pats: { [pat]: "svc@example.com" }, ...options });
  return running;
}

afterEach(async () => {
  await running?.close();
  running = undefined;
});

async function mint(
  workspace: DatabricksDouble,
  body: unknown,
  bearer = pat,
  headers = {},
): Promise<{ status: number; body: Record<string, string> }> {
  const answer = await fetch(`${workspace.url}/api/2.0/postgres/credentials`, {
    method: "POST",
    headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: answer.status, body: record(await answer.json()) };
}

/** The fields of an answer; those that the tests read are texts. */
function record(json: unknown): Record<string, string> {
  return typeof json === "object" && json !== null ? { ...json } : {};
}

async function accessToken(
  workspace: DatabricksDouble,
  form: Record<string, string>,
  basic?: string,
): Promise<Response> {
  const headers = basic === undefined ? {} : { authorization: `Basic ${Buffer.from(basic).toString("base64")}` };
  return fetch(`${workspace.url}/oidc/v1/token`, { method: "POST", headers, body: new URLSearchParams(form) });
}

test("each mint is a distinct JWT that says who it is for and when it ends", async () => {
  const workspace = await double();
  const first = await mint(workspace, { endpoint, ttl: "600s" });
  const second = await mint(workspace, { endpoint, ttl: "600s" });

  expect(first.body["expire_time"]).toBe("2026-11-22T10:10:00Z");
  const [one, two] = await Promise.all([first, second].map(({ body }) => workspace.tokens.verify(body["token"] ?? "")));
  expect(one).toMatchObject({ sub: "svc@example.com", exp: start / 1000 + 600 });
  expect(one?.jti).not.toBe(two?.jti);
  expect(workspace.mints.map(({ jti }) => jti)).toEqual([one?.jti, two?.jti]);
});

test("a credential outlives the token that minted it, and ends by the double's own clock", async () => {
  const workspace = await double();
  const { body } = await mint(workspace, { endpoint });
  workspace.revokePat(pat);

  const refused = await mint(workspace, { endpoint });
  expect(refused).toEqual({ status: 403, body: { error_code: 403, message: "Invalid access token." } });
  now += 3_599_000;
  await workspace.tokens.verify(body["token"] ?? "");
  now += 1000;
  await expect(workspace.tokens.verify(body["token"] ?? "")).rejects.toThrow(/exp/);
});

test.each([0, 3, 6, 9] as const)(
  "expire_time can carry %d fractional digits and never lies after the token's end",
  async (fractionalDigits) => {
    const workspace = await double({ fractionalDigits });
    const { body } = await mint(workspace, { endpoint });
    const text: string = body["expire_time"] ?? "";
    expect(/\.(\d+)Z$/.exec(text)?.[1]?.length ?? 0).toBe(fractionalDigits);
    expect(Date.parse(text)).toBeLessThanOrEqual(workspace.mints[0]?.expiresAt ?? 0);
  },
);

test.each([
  ["no endpoint", {}, 400, "INVALID_PARAMETER_VALUE"],
  ["a branch instead of an endpoint", { endpoint: "projects/app/branches/production" }, 400, "INVALID_PARAMETER_VALUE"],
  ["an unknown project", { endpoint: endpoint.replace("app", "other") }, 404, "NOT_FOUND"],
  ["an unknown branch", { endpoint: endpoint.replace("production", "other") }, 404, "NOT_FOUND"],
  ["an unknown endpoint", { endpoint: endpoint.replace("primary", "other") }, 404, "NOT_FOUND"],
  ["a life in minutes", { endpoint, ttl: "10m" }, 400, "INVALID_PARAMETER_VALUE"],
  ["a life as a number", { endpoint, ttl: 600 }, 400, "INVALID_PARAMETER_VALUE"],
  ["a life under five minutes", { endpoint, ttl: "299s" }, 400, "INVALID_PARAMETER_VALUE"],
  ["a life over an hour", { endpoint, ttl: "3601s" }, 400, "INVALID_PARAMETER_VALUE"],
  ["two lives at once", { endpoint, ttl: "600s", expire_time: "2026-11-22T10:10:00Z" }, 400, "INVALID_PARAMETER_VALUE"],
  [
    "a permission set that does not exist",
    { endpoint, claims: [{ permission_set: "ALL" }] },
    400,
    "INVALID_PARAMETER_VALUE",
  ],
  ["a field that does not exist", { endpoint, expireTime: "x" }, 400, "INVALID_PARAMETER_VALUE"],
  ["a body that is no JSON", "endpoint=x", 400, "MALFORMED_REQUEST"],
])("refuses %s", async (_case, body, status, code) => {
  const workspace = await double();
  expect(await mint(workspace, body)).toMatchObject({ status, body: { error_code: code } });
  expect(workspace.mints).toEqual([]);
});

test("a credential that it minted is no access token", async () => {
  const workspace = await double();
  const { body } = await mint(workspace, { endpoint });
  expect(await mint(workspace, { endpoint }, body["token"])).toMatchObject({ status: 403, body: { error_code: 403 } });
});

test("an access token is no credential, and is refused when it has expired", async () => {
  const workspace = await double({ servicePrincipals: [{ clientId: "sp", secret: "a:b+c" }] });
  const answer = await accessToken(workspace, { grant_type: "client_credentials", scope: "postgres" }, "sp:a%3Ab%2Bc");
  const { access_token: token = "" } = record(await answer.json());

  await expect(workspace.tokens.verify(token)).rejects.toThrow(/aud/);
  expect(await mint(workspace, { endpoint }, token)).toMatchObject({ status: 200 });
  now += 3_600_000;
  expect((await mint(workspace, { endpoint }, token)).body).toEqual({ error_code: 403, message: "JWT has expired" });
});

test("takes a client's secret in the form too, and refuses a wrong or deleted one", async () => {
  const workspace = await double({ servicePrincipals: [{ clientId: "sp", secret: "right" }] });
  const form = { grant_type: "client_credentials", client_id: "sp", client_secret: "right" };
  expect((await accessToken(workspace, form)).status).toBe(200);
  expect((await accessToken(workspace, { ...form, client_secret: "wrong" })).status).toBe(401);
  workspace.deleteSecret("sp");
  expect((await accessToken(workspace, form)).status).toBe(401);
});

test("the token endpoint takes no JSON", async () => {
  const workspace = await double();
  const answer = await fetch(`${workspace.url}/oidc/v1/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  expect(answer.status).toBe(400);
});

test("on a unified host a call must name its workspace", async () => {
  const workspace = await double({ unified: true, workspaceId: "42" });
  expect(await mint(workspace, { endpoint })).toMatchObject({ status: 401, body: { error_code: 401 } });
  expect(await mint(workspace, { endpoint }, pat, { "x-databricks-workspace-id": "42" })).toMatchObject({
    status: 200,
  });
});

test("a path that does not exist is told apart from an endpoint that does not exist", async () => {
  const workspace = await double();
  const answer = await fetch(`${workspace.url}/api/2.0/token/generate`, { method: "POST" });
  expect(await answer.json()).toEqual({
    error_code: "ENDPOINT_NOT_FOUND",
    message: "No API found for 'POST /token/generate'",
  });
});

test("a fault strikes once, on its route only", async () => {
  const workspace = await double();
  workspace.faults.next(mintRoute, databricksFaults.rateLimited, databricksFaults.unavailable);
  const statuses = [
    await mint(workspace, { endpoint }),
    await mint(workspace, { endpoint }),
    await mint(workspace, { endpoint }),
  ];
  expect(statuses.map(({ status }) => status)).toEqual([429, 503, 200]);
});

test("an answer that is cut off took effect, a connection that is dropped did not", async () => {
  const workspace = await double();
  workspace.faults.next(mintRoute, "cut", "drop");
  await expect(mint(workspace, { endpoint })).rejects.toThrow(TypeError);
  expect(workspace.mints).toHaveLength(1);
  await expect(mint(workspace, { endpoint })).rejects.toThrow(TypeError);
  expect(workspace.mints).toHaveLength(1);
});

test("speaks https with a given certificate", async () => {
  const authority = createCertificateAuthority();
  const workspace = await double({ tls: authority.issue({ hosts: ["127.0.0.1"] }) });
  const request = get(`${workspace.url}/oidc/jwks.json`, { ca: authority.ca });
  const [answer] = await once(request, "response");
  expect(answer).toMatchObject({ statusCode: 200 });
});

test("its Date header is of its own clock", async () => {
  const workspace = await double();
  const answer = await fetch(`${workspace.url}/oidc/jwks.json`);
  expect(Date.parse(answer.headers.get("date") ?? "")).toBe(start);
});
