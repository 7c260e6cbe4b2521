import { mkdtempSync, rmSync } from "node:fs";
import { request, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { ListeningAt } from "@rotate/plugin-kit";
import { endpointContract, openTestEndpoint, secretRef, type TestEndpointOptions } from "@rotate/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { httpEndpoint } from "../src/http-endpoint.ts";

type Headers = Readonly<Record<string, string | readonly string[]>>;

async function get(at: ListeningAt, path: string, headers: Headers = {}, method = "GET") {
  const place = "socket" in at ? { socketPath: at.socket } : { ...at };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const asking = request(
      { ...place, path, method, headers: headers as Record<string, string>, agent: false },
      resolve,
    );
    asking.on("error", reject);
    asking.end();
  });
  const body = await text(answer);
  return { status: answer.statusCode, headers: answer.headers, body, json: () => JSON.parse(body) };
}

const one = { fields: { token: "first-secret-token", username: "first-user" } };
const two = { fields: { token: "second-secret-token", username: "second-user" } };
const key = "the-key-of-the-endpoint";

endpointContract(
  { describe, test },
  {
    endpoint: httpEndpoint,
    credentials: [one, two],
    start: () => ({ options: { key: secretRef(key) }, secrets: [key] }),
    ask: async (at) => (await get(at, "/v1/credentials/app", { authorization: `Bearer ${key}` })).body,
    askAsStranger: async (at) => (await get(at, "/v1/credentials/app", { authorization: `Bearer ${key}x` })).body,
  },
);

async function open(more: TestEndpointOptions = {}) {
  const opened = await openTestEndpoint(httpEndpoint, { given: one, ...more });
  onTestFinished(() => opened.close());
  return opened;
}

test("tells the fields, when it ends and how long that is", async () => {
  const { at } = await open();
  const { status, headers, json } = await get(at, "/v1/credentials/app");
  expect([status, headers["cache-control"]]).toEqual([200, "no-store"]);
  expect(json()).toMatchObject({ version: 1, name: "app", fields: one.fields, fingerprint: "print-of-lease-1" });
  expect(json().remainingMs).toBeGreaterThan(3_590_000);
  expect(Number(headers["content-length"])).toBeGreaterThan(0);
});

test("answers on a socket to whatever name it is called by, and the socket goes with it", async () => {
  const directory = mkdtempSync(join(tmpdir(), "rotate-http-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const { at, close } = await open({ socket: join(directory, "s") });
  expect((await get(at, "/v1/credentials/app", { host: "anything" })).status).toBe(200);
  await close();
  await expect(get(at, "/v1/health")).rejects.toThrow("ENOENT");
});

test("one that is not served and one that is unknown get the same answer", async () => {
  const { at } = await open({ rotations: ["app", "other"] });
  const answers = await Promise.all(["nobody", "%ff", "a/b"].map((name) => get(at, `/v1/credentials/${name}`)));
  expect(new Set(answers.map(({ status, body }) => `${status} ${body}`)).size).toBe(1);
  expect(answers[0]?.status).toBe(404);
  expect((await get(at, "/v1/credentials/other")).json().name).toBe("other");
});

test.each([
  ["another host", { host: "evil.example" }, 403, "other-host"],
  ["a proxy", { "x-forwarded-for": "10.0.0.1" }, 403, "forwarded"],
  ["a proxy of the newer kind", { forwarded: "for=10.0.0.1" }, 403, "forwarded"],
  ["a gateway", { via: "1.1 gateway" }, 403, "forwarded"],
  ["a page", { origin: "http://evil.example" }, 403, "browser"],
  ["a browser", { "sec-fetch-site": "none" }, 403, "browser"],
  ["somebody who says a thing twice", { "x-one": ["a", "b"] }, 400, "double-header"],
  ["somebody who sends a body", { "content-length": "3" }, 413, "body"],
])("%s is turned away", async (_, headers, status, word) => {
  const { at, refusals } = await open();
  const answer = await get(at, "/v1/credentials/app", headers);
  expect([answer.status, refusals]).toEqual([status, [word]]);
  expect(answer.body).not.toContain("secret");
});

test("only questions by GET, and of paths, are answered", async () => {
  const { at } = await open();
  expect((await get(at, "/v1/credentials/app", {}, "PUT")).status).toBe(405);
  expect((await get(at, "http://127.0.0.1/v1/credentials/app")).status).toBe(400);
});

test("who has the newest one is told of the next as soon as it is there", async () => {
  const { at, give } = await open();
  const waiting = get(at, "/v1/credentials/app?after=print-of-lease-1&wait=30");
  expect((await get(at, "/v1/credentials/app?after=print-of-lease-1")).status).toBe(304);
  give(two);
  expect((await waiting).json().fields).toEqual(two.fields);
  expect((await get(at, "/v1/credentials/app?after=print-of-lease-1&wait=30")).json().fields).toEqual(two.fields);
});

test("nobody waits for a change when it ends", async () => {
  const { at, close } = await open();
  const waiting = get(at, "/v1/credentials/app?after=print-of-lease-1&wait=30");
  expect((await get(at, "/v1/health")).json()).toEqual({ version: 1, state: "listening" });
  await close();
  expect((await waiting).status).toBe(304);
});

test("one that a server refused is replaced, and one that is known to be replaced is not refused again", async () => {
  const refused: string[] = [];
  const { at } = await open({
    onRefused: (lease) => {
      refused.push(lease);
      return two;
    },
  });
  expect((await get(at, "/v1/credentials/app?refused=print-of-lease-1")).json().fields).toEqual(two.fields);
  expect((await get(at, "/v1/credentials/app?refused=print-of-lease-1")).json().fields).toEqual(two.fields);
  expect(refused).toEqual(["lease-1"]);
});

test("where there is none it says when to ask again", async () => {
  const { at, give } = await open();
  give(undefined);
  const { status, headers, json } = await get(at, "/v1/credentials/app");
  expect([status, headers["retry-after"], json()]).toEqual([
    503,
    "1",
    { version: 1, error: { message: "there is no credential of app" } },
  ]);
});

test("tells it in the words of programs, as `rotate credential` prints it", async () => {
  const { at } = await open();
  const told = (query: string) => get(at, `/v1/credentials/app?format=${query}`);
  expect((await told("token&field=username")).body).toBe("first-user");
  expect((await told("env")).body).toBe("TOKEN=first-secret-token\nUSERNAME=first-user\n");
  expect((await told("pgpass")).body).toBe("*:*:*:first-user:first-secret-token\n");
  expect(JSON.parse((await told("exec-credential")).body)).toMatchObject({ status: { token: "first-secret-token" } });
  expect((await told("token")).headers["content-type"]).toContain("text/plain");
  for (const wrong of ["git", "yaml", "", "aws-credential-process", "token&field=pin"])
    expect([wrong, (await told(wrong)).status]).toEqual([wrong, 400]);
});

test("tells the one before it while that lives: for verifiers that have to know both", async () => {
  const { at, give } = await open();
  give(two);
  const { json } = await get(at, "/v1/credentials/app");
  expect(json()).toMatchObject({
    fields: two.fields,
    previous: { fields: one.fields, expiresAt: expect.any(String) as string },
  });
});
