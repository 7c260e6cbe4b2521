import { githubFaults } from "@rotate/doubles";
import { envRef, errorOf } from "@rotate/testkit";
import { describe, expect, test } from "vitest";
import { calls, hub, provider } from "./support.ts";

const tokenRoute = "POST /app/installations/42/access_tokens";

describe("a check finds, and makes no token", () => {
  test.each([
    ["an owner without the app", { owner: "nobody" }, "NOT_FOUND", /no installation on nobody/],
    ["an installation that is not there", { installationId: "43" }, "NOT_FOUND", /no installation 43/],
    ["a request that names none", {}, "INVALID", /names no installation/],
  ])("%s", async (_name, request, code, message) => {
    const { github, call } = await hub();
    expect(await errorOf(calls.check(call(request)))).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(github.issued).toEqual([]);
  });

  test("an installation that is suspended", async () => {
    const { github, call } = await hub();
    await calls.check(call({ owner: "acme" }));
    github.suspend(42);
    expect(await errorOf(calls.check(call({ installationId: "42" })))).toMatchObject({
      code: "DENIED",
      message: "the installation 42 is suspended",
    });
  });

  test("a key that is not set", async () => {
    const { call } = await hub();
    const options = { privateKey: envRef("NOT_SET") };
    expect(await errorOf(calls.check(call({ owner: "acme" }, { options })))).toMatchObject({ code: "NOT_FOUND" });
  });
});

test("GitHub being down while the installation is looked for has made no token, while it is asked for perhaps", async () => {
  const { github, mint } = await hub();
  github.faults.next("GET /orgs/acme/installation", { status: 500, body: {} });
  expect(await errorOf(mint({ owner: "acme" }))).toMatchObject({ code: "UNAVAILABLE", noEffect: true });
  github.faults.next(tokenRoute, { status: 500, body: {} });
  expect(await errorOf(mint({ owner: "acme" }))).toMatchObject({ code: "UNAVAILABLE", noEffect: false });
});

test("a token whose end cannot be read is given back", async () => {
  const { github, mint } = await hub();
  github.faults.next(tokenRoute, { status: 201, body: { token: "ghs_of-no-use", expires_at: "soon" } });
  expect(await errorOf(mint({ owner: "acme" }))).toMatchObject({ code: "BAD_ANSWER", noEffect: true });
  const last = github.requests.at(-1);
  expect([last?.method, last?.path, last?.headers["authorization"]]).toEqual([
    "DELETE",
    "/installation/token",
    "Bearer ghs_of-no-use",
  ]);
  github.faults.next(tokenRoute, { status: 201, body: { token: "ghs_of-no-use", expires_at: "soon" } });
  github.faults.next("DELETE /installation/token", githubFaults.unavailable);
  expect(await errorOf(mint({ owner: "acme" }))).toMatchObject({ code: "BAD_ANSWER", noEffect: false });
});

test("the life of a token and the place of its rotation are known", () => {
  expect([provider.maxLife, provider.scope]).toEqual([3_600_000, "anywhere"]);
});
