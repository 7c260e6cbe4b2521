import { errorOf, sinkValues } from "@rotate/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Secret } from "@rotate/plugin-kit";
import { sealed } from "../../src/secret/sealed-box.ts";
import { appAuth, places, secretHub, secretSink, where } from "./support.ts";

const kinds = ["repository", "environment", "organization"] as const;
const permissions = { repository: "secrets", environment: "environments", organization: "organization_secrets" };

const nobody = { before: {}, made: {} };
/** For whom a secret is, before a write and when it is made. */
const audiences = {
  repository: nobody,
  environment: nobody,
  organization: {
    before: { visibility: "selected", repositories: [7, 8] },
    made: { visibility: "selected", repositories: [] },
  },
};

describe.each(kinds)("the secret of an %s", (kind) => {
  const more = { place: places[kind] };

  test("gets the value, sealed, and stays for whom it was", async () => {
    const { github, write } = await secretHub();
    await write("tökén-1234", more);
    const { value, visibility, repositories } = github.actionsSecret(where[kind], "DB_PASSWORD") ?? {};
    expect(value).toBe("tökén-1234");
    expect({ visibility, repositories }).toEqual(audiences[kind].before);
    expect(github.requests.map(({ body, path }) => path + body).join()).not.toContain("tökén-1234");
  });

  test("is written with a token of the app that may do nothing else", async () => {
    const { github, write } = await secretHub();
    await write("tökén-1234", { ...more, ...appAuth(github) });
    expect(github.issued).not.toEqual([]);
    for (const token of github.issued) expect(token.permissions).toEqual({ [permissions[kind]]: "write" });
    expect(github.issued[0]?.repositories).toEqual(kind === "organization" ? ["app", "docs"] : ["app"]);
  });

  test("is made only when that is asked for", async () => {
    const { github, ctx, prepare, write } = await secretHub();
    const absent = { ...more, name: "NEW_ONE" };
    const refusal = { code: "NOT_FOUND", retryable: false, hint: expect.stringContaining("create: true") };
    expect(await errorOf(prepare("value-1234", absent))).toMatchObject(refusal);
    expect(await errorOf(Promise.resolve(secretSink.check?.(await ctx(absent))))).toMatchObject(refusal);
    await write("value-1234", { ...absent, create: true });
    const made = github.actionsSecret(where[kind], "NEW_ONE");
    expect(made?.value).toBe("value-1234");
    expect({ visibility: made?.visibility, repositories: made?.repositories }).toEqual(audiences[kind].made);
  });
});

test("an organisation's secret for very many repositories stays for all of them", async () => {
  const { github, write } = await secretHub();
  const repositories = Array.from({ length: 230 }, (_, index) => index + 1);
  github.writeSecret("orgs/acme", "DB_PASSWORD", { value: "theirs", visibility: "selected", repositories });
  await write("value-1234", { place: places.organization });
  expect(github.actionsSecret("orgs/acme", "DB_PASSWORD")?.repositories).toEqual(repositories);
});

test("an organisation's secret for all repositories stays for all", async () => {
  const { github, write } = await secretHub();
  github.writeSecret("orgs/acme", "DB_PASSWORD", { value: "theirs", visibility: "all" });
  await write("value-1234", { place: places.organization });
  expect(github.actionsSecret("orgs/acme", "DB_PASSWORD")?.visibility).toBe("all");
});

test("an installation may be named instead of looked up, and its token serves for an hour", async () => {
  const { github, clock, ctx } = await secretHub();
  const { auth } = appAuth(github);
  const { login } = await ctx({ auth: { ...auth, installationId: "42" } });
  expect(login).toMatchObject({ expires: new Date(clock.now() + 3_600_000) });
  expect(github.requests.map(({ path }) => path)).toEqual(["/app/installations/42/access_tokens"]);
});

function target(repository: string, name: string): string {
  return secretSink.target({ place: { of: "repository", repository }, name });
}

test("names that GitHub takes for one are one target", () => {
  expect(target("Acme/App", "db_password")).toBe(target("acme/app", "DB_PASSWORD"));
  expect(target("acme/app", "A")).not.toBe(target("acme/app", "B"));
  const environment = { of: "environment", repository: "acme/app", environment: "prod" };
  expect(secretSink.target({ place: environment, name: "A" })).not.toBe(target("acme/app", "A"));
});

test("somebody else's write since the look is a conflict, and stays", async () => {
  const { github, ctx, prepare } = await secretHub();
  const prepared = await prepare("value-1234");
  github.writeSecret(where.repository, "DB_PASSWORD", { value: "newer" });
  expect(await errorOf(prepared.commit(await ctx()))).toMatchObject({ code: "CONFLICT", retryable: true });
  expect(github.actionsSecret(where.repository, "DB_PASSWORD")?.value).toBe("newer");
});

test("a public key that was replaced since is a conflict: the value is sealed anew", async () => {
  const { github, ctx, prepare, write } = await secretHub();
  const prepared = await prepare("value-1234");
  github.renewKey(where.repository);
  expect(await errorOf(prepared.commit(await ctx()))).toMatchObject({
    code: "CONFLICT",
    hint: expect.stringContaining("anew"),
  });
  await write("value-1234");
  expect(github.actionsSecret(where.repository, "DB_PASSWORD")?.value).toBe("value-1234");
});

test("a write whose answer was lost is unknown, and may land over a later one: the sink says so", async () => {
  const { github, ctx, prepare, write } = await secretHub();
  github.faults.next("PUT /repos/acme/app/actions/secrets/DB_PASSWORD", "late");
  const late = await prepare("late-value");
  expect(await errorOf(late.commit(await ctx()))).toMatchObject({ code: "UNAVAILABLE", noEffect: false });
  await write("next-value");
  expect(await github.faults.arrive()).toBe(1);
  expect(github.actionsSecret(where.repository, "DB_PASSWORD")?.value).toBe("late-value");
  expect(secretSink.lateWrites).toBeGreaterThanOrEqual(60_000);
  await write("next-value");
  expect(github.actionsSecret(where.repository, "DB_PASSWORD")?.value).toBe("next-value");
});

test("it is blind: nothing is read, and a write cannot be taken back", async () => {
  const { prepare } = await secretHub();
  expect(secretSink).not.toHaveProperty("read");
  expect((await prepare("value-1234")).undo).toBeUndefined();
});

test("48 KB are written, one byte more is refused before anything is asked", async () => {
  const { github, ctx, prepare, write } = await secretHub();
  await write("x".repeat(48 * 1024));
  expect(github.actionsSecret(where.repository, "DB_PASSWORD")?.value).toHaveLength(48 * 1024);
  const large = "ü".repeat(24 * 1024) + "x";
  const refusal = { code: "INVALID", message: expect.stringContaining("49153 bytes") };
  expect(await errorOf(prepare(large))).toMatchObject(refusal);
  const checked = secretSink.check?.(await ctx({}, { samples: sinkValues({ value: large }) }));
  expect(await errorOf(Promise.resolve(checked))).toMatchObject(refusal);
});

test("a check tells of a take-over and of values that are masked badly, until the secret is ours", async () => {
  const { ctx } = await secretHub();
  const samples = sinkValues({ value: '{"user":"app"}' });
  const first = await ctx({}, { samples });
  await secretSink.check?.(first);
  expect(first.logs.map(({ level, message }) => `${level} ${message}`)).toEqual([
    "warn takes over a secret that has a value",
    "warn structured values are masked badly in logs of jobs",
  ]);
  const again = await ctx({}, { samples, ours: true });
  await secretSink.check?.(again);
  expect(again.logs).toEqual([]);
});

test("whatever the text, libsodium opens the box and finds it", async () => {
  const { github } = await secretHub();
  const { id, key } = await github.sealingKey(where.repository);
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "grapheme" }), async (text) => {
      const box = await sealed(new Secret(text, "value"), { id, key });
      expect(await github.unseal(where.repository, box)).toBe(text);
    }),
    { numRuns: 25 },
  );
});

test.each([
  ["zeros", Buffer.alloc(32)],
  ["the one", Buffer.from([1, ...Buffer.alloc(31)])],
  ["too few bytes", Buffer.alloc(31, 9)],
  ["nothing", Buffer.alloc(0)],
])("a public key of %s encrypts nothing", async (_name, bytes) => {
  const error = await errorOf(sealed(new Secret("value", "value"), { id: "1", key: bytes.toString("base64") }));
  expect(error).toMatchObject({ code: "BAD_ANSWER", noEffect: true, hint: expect.stringContaining("baseUrl") });
});
