import { awsFaults, type AwsDoubleOptions, type DoubleFault } from "@rotate/doubles";
import { secretRef } from "@rotate/testkit";
import { describe, expect, test } from "vitest";
import { awsSts } from "../src/aws-sts.ts";
import { appRole, check, credentialOf, errorOf, hour, mint, start, user, sessionKeys } from "./support/call.ts";

describe("what AWS refuses is told with what to do", () => {
  test.each<[string, AwsDoubleOptions, object, object]>([
    [
      "a role that may not be taken",
      { roles: [{ name: "app", principals: ["arn:x"] }] },
      {},
      { code: "DENIED", hint: expect.stringMatching(/trust policy/) },
    ],
    [
      "a role that wants an external id",
      { roles: [{ name: "app", externalId: "t" }] },
      {},
      { code: "DENIED", hint: expect.stringMatching(/external id/) },
    ],
    [
      "a role that takes no tags",
      { roles: [{ name: "app", tagSession: false }] },
      { tags: { a: "b" } },
      { code: "DENIED", hint: expect.stringMatching(/sts:TagSession/) },
    ],
    [
      "a life over the role's maximum",
      { roles: [{ name: "app" }] },
      { ttl: 2 * hour },
      { code: "INVALID", hint: expect.stringMatching(/maximum session duration/) },
    ],
    ["an unknown key", { users: [] }, {}, { code: "DENIED", hint: expect.stringMatching(/deleted, inactive/) }],
    [
      "a wrong secret",
      { users: [{ ...user, secretAccessKey: "another" }] },
      {},
      { code: "DENIED", hint: expect.stringMatching(/does not belong/) },
    ],
    [
      "an endpoint of another region",
      { region: "eu-central-1" },
      {},
      { code: "INVALID", hint: expect.stringMatching(/`region`/) },
    ],
  ])("%s", async (_, options, request, expected) => {
    const double = await start(options);
    const error = await errorOf(mint({ double }, { roleArn: appRole, ...request }));
    expect(error).toMatchObject({ retryable: false, ...expected });
    expect(error.message).toMatch(/^AssumeRole was refused: \w+: .*[^.] \(HTTP \d+\)$/);
  });

  test.each([
    [400_000, /clock \(NTP\): it is 400 s ahead of/],
    [-400_000, /clock \(NTP\): it is 400 s behind/],
  ])("a clock that is off by %d ms, with how much", async (off, hint) => {
    const now = Math.floor(Date.now() / 1000) * 1000;
    const double = await start({ now: () => now });
    expect(await errorOf(mint({ double, now: () => now + off }))).toMatchObject({
      code: "DENIED",
      retryable: false,
      hint: expect.stringMatching(hint),
    });
  });

  test("a source session that is over", async () => {
    let now = Date.now();
    const double = await start({ now: () => now });
    const session = credentialOf(await mint({ double, now: () => now }, { roleArn: appRole, ttl: 900_000 }));
    const credentials = {
      source: "keys",
      accessKeyId: session.accessKeyId,
      secretAccessKey: secretRef(session.secretAccessKey),
      sessionToken: secretRef(session.sessionToken ?? ""),
    };
    now += hour;
    const error = await errorOf(mint({ double, now: () => now, options: { credentials } }));
    expect(error).toMatchObject({ code: "DENIED", retryable: true, hint: expect.stringMatching(/are over/) });
  });

  test.each<[string, DoubleFault, object]>([
    ["throttling", awsFaults.throttling, { code: "RATE_LIMITED", retryable: true, noEffect: true }],
    ["an internal failure", awsFaults.internal, { code: "UNAVAILABLE", retryable: true, noEffect: false }],
    ["an outage", awsFaults.unavailable, { code: "UNAVAILABLE", retryable: true, noEffect: true }],
    ["an identity provider out of reach", awsFaults.idpCommunicationError, { code: "UNAVAILABLE", retryable: true }],
    ["a rejected claim", awsFaults.idpRejectedClaim, { code: "DENIED", retryable: false }],
    ["a region that is not activated", awsFaults.regionDisabled, { code: "DENIED", retryable: false }],
    [
      "a proxy's page",
      { status: 502, body: "<html>bad gateway</html>" },
      { code: "UNAVAILABLE", message: expect.stringMatching(/web page/) },
    ],
    ["a login page", "html", { code: "BAD_ANSWER", retryable: true, hint: expect.stringMatching(/proxy/) }],
    ["an answer cut in the middle", "cut", { retryable: true }],
    ["a connection closed without a word", "drop", { code: "UNAVAILABLE", retryable: true }],
    ["an answer of ten megabytes", { status: 200, body: "x".repeat(10_000_000) }, { code: "BAD_ANSWER" }],
    [
      "a success without a token",
      { status: 200, body: "<AssumeRoleResponse></AssumeRoleResponse>" },
      { code: "BAD_ANSWER", message: expect.stringMatching(/AccessKeyId is missing/) },
    ],
    ["a success of another kind", { status: 200, body: { ok: true } }, { code: "BAD_ANSWER" }],
  ])("%s", async (_, fault, expected) => {
    const double = await start();
    double.faults.next("POST /", fault);
    const error = await errorOf(mint({ double }));
    expect(error).toMatchObject(expected);
    expect(error.hint).toBeTruthy();
  });

  test("check finds a key that is not taken, and passes one that is", async () => {
    const double = await start();
    await check({ double });
    expect(double.actions).toEqual(["GetCallerIdentity"]);
    double.deleteKey(user.accessKeyId);
    expect(await errorOf(check({ double }))).toMatchObject({ code: "DENIED" });
  });
});

function tags(count: number): Readonly<Record<string, string>> {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, "v"]));
}

describe("what AWS would refuse is known before it is asked", () => {
  const policy = '{"Version":"2012-10-17","Statement":[]}';

  test.each<[string, object, RegExp]>([
    ["no role", { roleArn: undefined }, /AssumeRole needs roleArn/],
    [
      "a parameter of another action",
      { action: "GetSessionToken", roleArn: appRole },
      /GetSessionToken takes no roleArn/,
    ],
    ["tags with an identity token", { action: "AssumeRoleWithWebIdentity", tags: { a: "b" } }, /takes no tags/],
    ["a life over 12 hours", { ttl: 13 * hour }, /12 h at most/],
    ["a source identity of AWS's own", { sourceIdentity: "aws:alice" }, /begins with aws:/],
    ["too many tags", { tags: tags(51) }, /51 tags/],
    ["one tag in two cases", { tags: { Team: "a", team: "b" } }, /given twice/],
    ["a key that is no key", { tags: { "a*": "b" } }, /key that AWS does not take/],
    ["a value that is no value", { tags: { a: "b*" } }, /value of tag a/],
    ["a transitive tag that is no tag", { tags: { a: "b" }, transitiveTags: ["c"] }, /none of `tags`/],
    ["a policy that is no JSON", { policy: "{" }, /no policy document/],
    ["a policy without statements", { policy: "{}" }, /no policy document/],
    [
      "policies that are too long",
      { policy: policy.padEnd(2040), policyArns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"] },
      /characters together/,
    ],
    [
      "a name that is too long for a federated user",
      { action: "GetFederationToken", roleArn: undefined, sessionName: "x".repeat(33) },
      /32 characters/,
    ],
  ])("%s", async (_, change, message) => {
    const double = await start();
    const request = { action: "AssumeRole", roleArn: appRole, ...change };
    const error = await errorOf(mint({ double }, request));
    expect(error).toMatchObject({ code: "INVALID", retryable: false, message: expect.stringMatching(message) });
    expect(() => (awsSts.fields as (asked: unknown) => unknown)(request)).toThrow(message);
    expect(double.requests).toEqual([]);
  });

  test("texts that are read later are not judged offline", () => {
    const later = {
      action: "AssumeRole",
      roleArn: "{ env: ROLE }",
      policy: "{ file: /p.json }",
      tags: { a: "{ env: A }" },
    };
    expect(() => (awsSts.fields as (asked: unknown) => unknown)(later)).not.toThrow();
  });

  test("a session that takes a role for more than an hour", async () => {
    const double = await start();
    const request = { roleArn: appRole, ttl: 2 * hour };
    expect(await errorOf(mint({ double, options: { credentials: sessionKeys } }, request))).toMatchObject({
      code: "INVALID",
      message: expect.stringMatching(/an hour at most/),
    });
    expect(double.requests).toEqual([]);
  });

  test("an endpoint that would get a secret in the clear", async () => {
    const double = { url: "http://sts.example.com" };
    expect(await errorOf(mint({ double }))).toMatchObject({
      code: "INVALID",
      message: expect.stringMatching(/in the clear/),
    });
  });

  test("no region at all", async () => {
    const double = await start();
    expect(await errorOf(mint({ double, options: { region: undefined } }))).toMatchObject({
      code: "INVALID",
      hint: expect.stringMatching(/AWS_REGION/),
    });
  });
});
