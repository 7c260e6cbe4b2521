import { errorOf, revealValues, secretRef, sinkValues } from "@rotate/testkit";
import { describe, expect, test } from "vitest";
import { key, lab, place, sink } from "./support.ts";

test("a write changes the value and nothing else", async () => {
  const settings = {
    masked: true,
    protected: true,
    raw: true,
    variable_type: "file",
    description: "of the team",
  } as const;
  const { gitlab, write, read } = await lab({ value: "theirs-0000", ...settings });
  await write("tökén-1234");
  expect(gitlab.variable(place, key)).toMatchObject({ value: "tökén-1234", ...settings });
  expect(revealValues(await read())).toEqual({ value: "tökén-1234" });
});

test("of a key with several scopes the one that is meant is written", async () => {
  const { gitlab, write, read } = await lab({ value: "for-staging", environment_scope: "staging" });
  gitlab.setVariable(place, key, { value: "for-production", environment_scope: "production" });
  const more = { environmentScope: "production" };
  await write("ours-1234", more);
  expect(gitlab.variable(place, key, "staging")?.value).toBe("for-staging");
  expect(gitlab.variable(place, key, "production")?.value).toBe("ours-1234");
  expect(revealValues(await read({ environmentScope: "elsewhere" }))).toEqual({});
});

test("the same again is no change, and is not sent", async () => {
  const { gitlab, write } = await lab({ value: "theirs-0000", masked: true });
  await write("ours-1234");
  expect((await write("ours-1234")).changed).toBe(false);
  expect(gitlab.requests.filter(({ method }) => method === "PUT")).toHaveLength(1);
});

test("a variable that is not there is made only when that is asked for: masked, its $ left alone", async () => {
  const { gitlab, prepare, check, write } = await lab();
  const refusal = { code: "NOT_FOUND", retryable: false, hint: expect.stringContaining("create: true") };
  expect(await errorOf(prepare("ours-1234"))).toMatchObject(refusal);
  expect(await errorOf(check())).toMatchObject(refusal);
  await write("ours-$1234", { create: true });
  const made = {
    value: "ours-$1234",
    masked: true,
    raw: true,
    protected: false,
    hidden: false,
    description: "managed by rotate",
  };
  expect(gitlab.variable(place, key)).toMatchObject(made);
});

test("an undo puts the value back, or takes away what we made, unless somebody else wrote since", async () => {
  const { gitlab, ctx, write } = await lab({ value: "theirs-0000" });
  const replaced = await write("ours-1234");
  await replaced.undo?.(await ctx());
  expect(gitlab.variable(place, key)?.value).toBe("theirs-0000");
  const made = await write("ours-1234", { key: "NEW_ONE", create: true });
  await made.undo?.(await ctx({ key: "NEW_ONE" }));
  expect(gitlab.variable(place, "NEW_ONE")).toBeUndefined();
  const late = await write("ours-5678");
  gitlab.setVariable(place, key, { value: "newer-1234" });
  expect(await errorOf(Promise.resolve(late.undo?.(await ctx())))).toMatchObject({ code: "CONFLICT" });
  expect(gitlab.variable(place, key)?.value).toBe("newer-1234");
});

test("somebody else's write since the look is a conflict, and stays", async () => {
  const { gitlab, ctx, prepare } = await lab({ value: "theirs-0000" });
  const prepared = await prepare("ours-1234");
  gitlab.setVariable(place, key, { value: "newer-1234" });
  expect(await errorOf(prepared.commit(await ctx()))).toMatchObject({ code: "CONFLICT", retryable: true });
  expect(gitlab.variable(place, key)?.value).toBe("newer-1234");
});

test("a write that comes late lands, and the sink says so", async () => {
  const { gitlab, ctx, prepare, write } = await lab({ value: "theirs-0000" });
  const late = await prepare("late-1234");
  gitlab.faults.next(`PUT /api/v4/projects/acme%2Fapp/variables/${key}`, "late");
  expect(await errorOf(late.commit(await ctx()))).toMatchObject({ code: "UNAVAILABLE", noEffect: false });
  await write("next-1234");
  await gitlab.faults.arrive();
  expect(gitlab.variable(place, key)?.value).toBe("late-1234");
  expect(sink.lateWrites).toBeGreaterThanOrEqual(60_000);
});

describe("what GitLab could not mask, or would give to jobs as another value, is refused before the mint", () => {
  test.each([
    ["blanks", { masked: true, raw: true }, "with blanks", /no blanks/],
    ["two lines", { masked: true, raw: true }, "first-line\nsecond-line", /no blanks/],
    ["a letter outside of its alphabet", { masked: true, raw: false }, "pässword-1", /only letters/],
    ["a $ that would be expanded", { masked: false, raw: false }, "pass$word-1", /expand/],
  ])("%s", async (_name, settings, value, message) => {
    const { prepare, check } = await lab({ value: "theirs-0000", ...settings });
    const refusal = {
      code: "INVALID",
      retryable: false,
      message: expect.stringMatching(message),
      hint: expect.any(String),
    };
    const error = await errorOf(prepare(value));
    expect(error).toMatchObject(refusal);
    expect(`${error.message} ${error.hint}`).not.toContain(value);
    expect(await errorOf(check({}, { samples: sinkValues({ value }) }))).toMatchObject(refusal);
  });

  test("a value that is too short is found once it is there, and no sample is too short", async () => {
    const { prepare, check } = await lab({ value: "theirs-0000", masked: true, raw: true });
    const error = await errorOf(prepare("short-1"));
    expect(error).toMatchObject({ code: "INVALID", message: expect.stringContaining("8 characters") });
    await check({}, { samples: sinkValues({ value: "sample" }) });
  });

  test.each([
    ["of its alphabet", { masked: true, raw: false }, "aZ09_+=/@:.~-"],
    ["of any letters", { masked: true, raw: true }, "pä$$wörd-1"],
    ["of any kind, unmasked", { masked: false, raw: true }, "a $\nb"],
  ])("a value %s is written", async (_name, settings, value) => {
    const { gitlab, write } = await lab({ value: "theirs-0000", ...settings });
    await write(value);
    expect(gitlab.variable(place, key)?.value).toBe(value);
  });
});

test("a hidden variable is refused: nobody could see what it holds", async () => {
  const { prepare, read } = await lab({ value: "theirs-0000", masked: true, hidden: true });
  for (const call of [() => prepare("ours-1234"), () => read()])
    expect(await errorOf(call())).toMatchObject({ code: "INVALID", hint: expect.stringContaining("masked") });
});

test("a check tells of a take-over, of protection and of a value that is not masked", async () => {
  const { check } = await lab({ value: "theirs-0000", protected: true });
  const told = async (extra: object) =>
    (await check({}, extra)).logs.map(({ level, message }) => `${level} ${message}`);
  const always = "warn the variable is not masked: a job that prints it shows it";
  expect(await told({ ours: true })).toEqual([always]);
  expect(await told({})).toEqual([
    always,
    "info the variable is only for protected branches and tags",
    "warn takes over a secret that has a value",
  ]);
});

test("the end of the token is known, and a token with a narrower scope is refused at once", async () => {
  const { gitlab, logIn } = await lab();
  gitlab.setToken("glpat-ends", { expires_at: "2100-01-01" });
  gitlab.setToken("glpat-reads", { scopes: ["read_api"] });
  expect(await logIn({ token: secretRef("glpat-ends") })).toMatchObject({ bootstrapExpires: new Date("2100-01-01") });
  expect(await logIn()).not.toHaveProperty("bootstrapExpires");
  const narrow = await errorOf(logIn({ token: secretRef("glpat-reads") }));
  expect(narrow).toMatchObject({ code: "DENIED", hint: expect.stringContaining("api") });
  gitlab.faults.next("GET /api/v4/personal_access_tokens/self", { status: 404, body: {} });
  expect(await logIn()).toHaveProperty("token");
});

function target(project: string, name: string): string {
  return sink.target({
    place: { of: "project", project },
    key: name,
    environmentScope: "*",
    baseUrl: "https://gitlab.com",
  });
}

test("paths do not differ by their case, keys do", () => {
  expect(target("Acme/App", "A")).toBe(target("acme/app", "A"));
  expect(target("acme/app", "A")).not.toBe(target("acme/app", "a"));
});

test("a reference in the spec stays as it is written", () => {
  expect(target("{ env: PROJECT }", "A")).toContain("{ env: PROJECT }");
});
