import { createGithubOidcDouble } from "@rotate/doubles";
import { fileRef, secretRef } from "@rotate/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { awsEcr } from "../src/aws-ecr.ts";
import { awsRdsIam } from "../src/aws-rds-iam.ts";
import {
  appRole,
  credentialOf,
  errorOf,
  fileWith,
  hour,
  minute,
  mint,
  revealed,
  start,
  user,
  sessionKeys,
} from "./support/call.ts";

describe("AssumeRole", () => {
  test("the session carries all that was asked for, and works until its end", async () => {
    let now = Date.now();
    const double = await start({
      now: () => now,
      roles: [{ name: "app", maxSessionDuration: 12 * hour, externalId: "tenant-42" }],
    });
    const minted = await mint(
      { double, now: () => now },
      {
        roleArn: appRole,
        ttl: 2 * hour,
        sessionName: "ci@example.com",
        externalId: "tenant-42",
        sourceIdentity: "alice",
        policy: '{"Version":"2012-10-17","Statement":[]}',
        policyArns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
        tags: { team: "payments & co".replace("&", "+"), cost: "" },
        transitiveTags: ["team"],
      },
    );
    expect(minted.expires).toEqual(new Date(Math.floor(now / 1000) * 1000 + 2 * hour));
    expect(revealed(minted)).toMatchObject({
      accessKeyId: expect.stringMatching(/^ASIA/),
      arn: "arn:aws:sts::123456789012:assumed-role/app/ci@example.com",
      accountId: "123456789012",
      region: "us-east-1",
    });
    expect(double.mints[0]?.parameters).toMatchObject({
      DurationSeconds: "7200",
      "PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
      "Tags.member.1.Key": "team",
      "Tags.member.1.Value": "payments + co",
      "Tags.member.2.Value": "",
      "TransitiveTagKeys.member.1": "team",
      SourceIdentity: "alice",
    });
    expect(double.whoIs(credentialOf(minted))).toContain("assumed-role/app");
    now += 2 * hour;
    expect(double.whoIs(credentialOf(minted))).toBeUndefined();
  });

  test("without a name the session carries the lease's id", async () => {
    const double = await start();
    expect(revealed(await mint({ double }))["arn"]).toMatch(/\/rotate-test-000000000001$/);
  });

  test("a token of four kilobytes comes through whole", async () => {
    const double = await start({ sessionTokenSize: 4096 });
    const minted = await mint({ double });
    expect(revealed(minted)["sessionToken"]?.length).toBeGreaterThanOrEqual(4096);
    expect(double.whoIs(credentialOf(minted))).toBeDefined();
  });

  test("an expiration with fractions of a second is understood", async () => {
    const double = await start({ fractionalExpiration: true });
    expect((await mint({ double })).expires).toBeInstanceOf(Date);
  });

  test("the code of the second factor is read anew for each mint", async () => {
    let now = Date.now();
    const double = await start({ now: () => now, roles: [{ name: "app", mfa: true }] });
    const code = fileWith("code", double.mfaCode("deployer"));
    const request = { roleArn: appRole, mfa: { serialNumber: user.mfaSerial, tokenCode: fileRef(code) } };
    const setup = { double, now: () => now };
    await mint(setup, request);
    const spent = await errorOf(mint(setup, request));
    expect(spent).toMatchObject({ code: "DENIED", retryable: false, hint: expect.stringMatching(/works once/) });
    now += minute;
    const { writeFileSync } = await import("node:fs");
    writeFileSync(code, double.mfaCode("deployer"));
    await mint(setup, request);
    expect(double.mints).toHaveLength(2);
  });

  test("a failure that may pass waits for the next code before the next try", async () => {
    const double = await start({ roles: [{ name: "app", mfa: true }] });
    double.faults.next("POST /", { status: 503 });
    const mfa = { serialNumber: user.mfaSerial, tokenCode: secretRef("123456") };
    expect(await errorOf(mint({ double }, { roleArn: appRole, mfa }))).toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
      retryAfter: 30_000,
    });
  });
});

describe("AssumeRoleWithWebIdentity", () => {
  const audience = "sts.amazonaws.com";
  const ciRole = "arn:aws:iam::123456789012:role/ci";
  const request = { action: "AssumeRoleWithWebIdentity", roleArn: ciRole, ttl: hour };

  async function withIssuer() {
    const issuer = await createGithubOidcDouble();
    onTestFinished(issuer.close);
    const web = { issuer: issuer.issuer, audience, subject: issuer.subject };
    const double = await start({
      identityProviders: [{ issuer: issuer.issuer, audiences: [audience], key: issuer.key }],
      roles: [
        { name: "ci", web },
        { name: "app", principals: ["arn:aws:sts::123456789012:assumed-role/ci/*"] },
      ],
    });
    return { issuer, double };
  }

  test("a GitHub Actions job needs no secret at all", async () => {
    const { issuer, double } = await withIssuer();
    const credentials = { source: "github-oidc" };
    const minted = await mint({ double, options: { credentials }, env: issuer.env }, request);
    expect(double.whoIs(credentialOf(minted))).toContain("assumed-role/ci/");
    expect(double.requests[0]?.headers["authorization"]).toBeUndefined();
  });

  test("a token file is read anew at each mint", async () => {
    const { issuer, double } = await withIssuer();
    const path = fileWith("token", `${await issuer.sign(audience, -1000)}\n`);
    const credentials = { source: "web-identity", token: fileRef(path) };
    expect(await errorOf(mint({ double, options: { credentials } }, request))).toMatchObject({
      code: "DENIED",
      retryable: true,
      hint: expect.stringMatching(/kept fresh/),
    });
    const { writeFileSync } = await import("node:fs");
    writeFileSync(path, `${await issuer.sign(audience)}\n`);
    await mint({ double, options: { credentials } }, request);
  });

  test("the role of an EKS pod (AWS_WEB_IDENTITY_TOKEN_FILE) signs for another role", async () => {
    const { issuer, double } = await withIssuer();
    const env = {
      AWS_WEB_IDENTITY_TOKEN_FILE: fileWith("token", await issuer.sign(audience)),
      AWS_ROLE_ARN: ciRole,
      AWS_ROLE_SESSION_NAME: "pod",
    };
    const setup = { double, env, options: { credentials: { source: "default" } } };
    const minted = await mint(setup, { roleArn: appRole });
    expect(double.whoIs(credentialOf(minted))).toContain("assumed-role/app/");
    expect(double.actions).toEqual(["AssumeRoleWithWebIdentity", "AssumeRole"]);
  });

  test.each([
    ["another audience", "another", "INVALID", /OIDC provider/],
    ["an audience that the role does not trust", "also-known", "DENIED", /trust policy must name the OIDC provider/],
  ])("a token for %s is refused", async (_, wrong, _code, hint) => {
    const { issuer, double } = await withIssuer();
    const known = await start({
      identityProviders: [{ issuer: issuer.issuer, audiences: [audience, "also-known"], key: issuer.key }],
      roles: [{ name: "ci", web: { issuer: issuer.issuer, audience, subject: issuer.subject } }],
    });
    const credentials = { source: "web-identity", token: secretRef(await issuer.sign(wrong)) };
    const at = wrong === "another" ? double : known;
    expect((await errorOf(mint({ double: at, options: { credentials } }, request))).hint).toMatch(hint);
  });

  test("a key where a token is needed is said before any call", async () => {
    const double = await start();
    expect(await errorOf(mint({ double }, request))).toMatchObject({ code: "INVALID" });
    expect(double.requests).toEqual([]);
  });
});

describe("GetSessionToken and GetFederationToken", () => {
  test("a user's session", async () => {
    const double = await start();
    const minted = await mint({ double }, { action: "GetSessionToken", ttl: 36 * hour });
    expect(double.whoIs(credentialOf(minted))).toBe("arn:aws:iam::123456789012:user/deployer");
    expect(revealed(minted)["arn"]).toBeUndefined();
  });

  test("a federated user with a policy", async () => {
    const double = await start();
    const policy = '{"Version":"2012-10-17","Statement":[]}';
    const request = { action: "GetFederationToken", sessionName: "bob", policy, tags: { team: "a" } };
    expect(revealed(await mint({ double }, request))["arn"]).toBe("arn:aws:sts::123456789012:federated-user/bob");
  });

  test.each(["GetSessionToken", "GetFederationToken"])("%s of a session is said before any call", async (action) => {
    const double = await start();
    const error = await errorOf(mint({ double, options: { credentials: sessionKeys } }, { action }));
    expect(error).toMatchObject({ code: "INVALID", hint: expect.stringMatching(/AKIA/) });
    expect(double.requests).toEqual([]);
  });
});

describe("aws-ecr", () => {
  test("the password, its user, its registry and what Docker keeps of them", async () => {
    const double = await start();
    const fields = revealed(await mint({ double, provider: awsEcr }, { registryId: "210987654321" }));
    expect(fields).toMatchObject({
      username: "AWS",
      registry: "210987654321.dkr.ecr.us-east-1.amazonaws.com",
      auth: Buffer.from(`AWS:${fields["password"]}`).toString("base64"),
    });
    expect(double.isRegistryPassword(fields["password"] ?? "")).toBe(true);
  });

  test.each([
    ["a missing permission", { users: [{ ...user, denied: ["GetAuthorizationToken"] }] }, "DENIED", /policies/],
    ["an unknown key", { users: [] }, "DENIED", /deleted/],
    ["another region", { region: "eu-west-1" }, "INVALID", /region/],
  ])("%s is refused, and said why", async (_, options, code, hint) => {
    const double = await start(options);
    const error = await errorOf(mint({ double, provider: awsEcr }, {}));
    expect(error).toMatchObject({ code, retryable: false, hint: expect.stringMatching(hint) });
  });
});

describe("aws-rds-iam", () => {
  const login = { host: "app.cluster-abc.us-east-1.rds.amazonaws.com", port: 5432, username: "app" };

  test("a password that the database takes for a quarter of an hour", async () => {
    let now = Date.now();
    const double = await start({ now: () => now });
    const minted = await mint({ double, provider: awsRdsIam, now: () => now }, login);
    const { token = "" } = revealed(minted);
    expect(minted.expires).toEqual({ in: 15 * minute });
    expect(double.judgeRdsToken({ ...login, token })).toBe("accepted");
    expect(double.requests).toEqual([]);
    now += 15 * minute;
    expect(double.judgeRdsToken({ ...login, token })).toBe("the password is over");
  });

  test("the region of the host counts, not the provider's", async () => {
    const double = await start();
    const options = { region: "eu-central-1" };
    const { token = "" } = revealed(await mint({ double, provider: awsRdsIam, options }, login));
    expect(double.judgeRdsToken({ ...login, token })).toBe("accepted");
  });

  test("it ends with the session that signed it, and a session that is over signs nothing", async () => {
    let now = Date.now();
    const double = await start({ now: () => now });
    const session = await mint({ double }, { roleArn: appRole, ttl: 15 * minute });
    const env = {
      AWS_ACCESS_KEY_ID: revealed(session)["accessKeyId"],
      AWS_SECRET_ACCESS_KEY: revealed(session)["secretAccessKey"],
      AWS_SESSION_TOKEN: revealed(session)["sessionToken"],
      AWS_CREDENTIAL_EXPIRATION: revealed(session)["expiration"],
    };
    const setup = { double, provider: awsRdsIam, env, options: { credentials: { source: "environment" } } };
    now += 10 * minute;
    const { expires } = await mint({ ...setup, now: () => now }, login);
    expect(expires).toMatchObject({ in: expect.toSatisfy((ms: number) => ms <= 5 * minute && ms > 4 * minute) });
    now += 10 * minute;
    expect(await errorOf(mint({ ...setup, now: () => now }, login))).toMatchObject({ code: "INVALID" });
  });
});
