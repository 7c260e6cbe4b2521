import type { DoubleFault } from "@rotate/doubles";
import { effectOf, errorOf, outageSamples, refusalContract, type WriteRefusal } from "@rotate/testkit";
import { describe, expect, test } from "vitest";
import { refusals } from "../src/refusals.ts";
import { key, lab } from "./support.ts";

const putRoute = `PUT /api/v4/projects/acme%2Fapp/variables/${key}`;

const said = (status: number, message: unknown): DoubleFault => ({ status, body: { message } });
const scope = { status: 403, body: { error: "insufficient_scope", scope: "api" } };
const rows: readonly WriteRefusal<DoubleFault>[] = [
  { name: "a token that is over", fault: said(401, "401 Unauthorized"), code: "DENIED", hint: /revoked/ },
  { name: "a narrow token", fault: scope, code: "DENIED", hint: /scope api/ },
  { name: "a role that is too low", fault: said(403, "403 Forbidden"), code: "DENIED", hint: /maintainer/ },
  {
    name: "a variable that is gone",
    fault: said(404, "404 Variable Not Found"),
    code: "NOT_FOUND",
    hint: /check place/,
  },
  {
    name: "a change at the same moment",
    fault: said(409, "x"),
    code: "CONFLICT",
    retryable: true,
    hint: /somebody else/,
  },
  {
    name: "a value that is refused",
    fault: said(400, { value: ["(ours-1234) is invalid"] }),
    code: "INVALID",
    hint: /mask/,
  },
  {
    name: "a limit",
    fault: { status: 429, body: "Retry later", headers: { "retry-after": "7" } },
    code: "RATE_LIMITED",
    retryable: true,
    hint: /limits/,
  },
  { name: "an outage", fault: { status: 503, body: "" }, code: "UNAVAILABLE", retryable: true, hint: /status\.gitlab/ },
  {
    name: "a fault inside",
    fault: said(500, "500 Internal Server Error"),
    code: "UNAVAILABLE",
    retryable: true,
    hint: /status\.gitlab/,
    unknown: true,
  },
  {
    name: "a page to sign in",
    fault: { status: 302, headers: { location: "/users/sign_in" } },
    code: "BAD_ANSWER",
    hint: /baseUrl/,
  },
  { name: "a page of a proxy", fault: "html", code: "BAD_ANSWER", hint: /baseUrl/ },
  { name: "a dropped connection", fault: "drop", code: "UNAVAILABLE", retryable: true, hint: /./, unknown: true },
];

test.each(rows)("a write that meets $name is $code, and nothing of it is repeated", async (row) => {
  const { gitlab, ctx, prepare } = await lab({ value: "theirs-0000" });
  const prepared = await prepare("ours-1234");
  gitlab.faults.next(putRoute, row.fault);
  const error = await errorOf(prepared.commit(await ctx()));
  expect(error).toMatchObject(effectOf(row));
  expect(error.hint).toMatch(row.hint);
  expect(`${error.message} ${error.hint}`).not.toContain("ours-1234");
});

test("a project that is not there, or not ours to see, is no absent variable", async () => {
  const { prepare, read } = await lab();
  const more = { place: { of: "project", project: "acme/other" }, create: true };
  for (const call of [() => prepare("ours-1234", more), () => read(more)])
    expect(await errorOf(call())).toMatchObject({ code: "NOT_FOUND", hint: expect.stringContaining("check place") });
});

test("a role that is too low is found before the mint, as a refusal", async () => {
  const { gitlab, check } = await lab({ value: "theirs-0000" });
  gitlab.setToken(gitlab.token, { level: 30 });
  expect(await errorOf(check())).toMatchObject({ code: "DENIED", hint: expect.stringContaining("maintainer") });
});

test("a server without TLS gets no token", async () => {
  const { ctx } = await lab();
  const error = await errorOf(ctx({ baseUrl: "http://gitlab.example.com" }));
  expect(error.message).toContain("in the clear");
});

refusalContract(
  { describe, test },
  {
    name: "GitLab",
    of: "http",
    table: refusals,
    samples: [
      ...outageSamples,
      { status: 403, said: "insufficient_scope", is: "denied" },
      { status: 401, said: "", is: "denied" },
      { status: 403, said: "", is: "denied" },
      { status: 404, said: "", is: "missing" },
      { status: 409, said: "", is: "raced" },
      { status: 400, said: "", is: "invalid" },
      { status: 302, said: "", is: "stranger" },
    ],
  },
);
