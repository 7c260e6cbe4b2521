import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  awsFaults,
  createAwsDouble,
  createGithubOidcDouble,
  type AwsCredentialTexts,
  type AwsDouble,
  type AwsDoubleOptions,
} from "@rotate/doubles";
import { createFakeClock } from "@rotate/testkit";
import { describe, expect, onTestFinished, test } from "vitest";

const run = promisify(execFile);
const installed = await run("aws", ["--version"]).then(
  () => true,
  () => false,
);
const skipped = installed ? "" : " (skipped: the aws command is not installed)";

const user = {
  name: "deployer",
  accessKeyId: "AKIAEXAMPLEDEPLOYER0",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  mfaSerial: "arn:aws:iam::123456789012:mfa/deployer",
} as const;
const role = "arn:aws:iam::123456789012:role/app";
const hour = 3_600_000;

async function start(options: AwsDoubleOptions = {}): Promise<AwsDouble> {
  const double = await createAwsDouble({
    users: [user],
    roles: [
      { name: "app", maxSessionDuration: 12 * hour },
      { name: "guarded", externalId: "tenant-42", mfa: true, tagSession: false },
    ],
    ...options,
  });
  onTestFinished(double.close);
  return double;
}

/** The vendor's own client; what it prints, or its complaint. */
async function aws(double: AwsDouble, by: AwsCredentialTexts, ...args: readonly string[]): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), "rotate-aws-cli-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const env = {
    PATH: process.env["PATH"],
    HOME: home,
    AWS_ACCESS_KEY_ID: by.accessKeyId,
    AWS_SECRET_ACCESS_KEY: by.secretAccessKey,
    ...(by.sessionToken !== undefined && { AWS_SESSION_TOKEN: by.sessionToken }),
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_MAX_ATTEMPTS: "1",
  };
  const argv = ["--endpoint-url", double.url, "--output", "json", ...args];
  return run("aws", argv, { env }).then(
    ({ stdout }) => stdout,
    ({ stderr }: { readonly stderr: string }) => stderr.trim(),
  );
}

interface Assumed {
  readonly Credentials: {
    readonly AccessKeyId: string;
    readonly SecretAccessKey: string;
    readonly SessionToken: string;
  };
}

function credentialOf(text: string): AwsCredentialTexts {
  const { Credentials: found } = JSON.parse(text) as Assumed;
  return {
    accessKeyId: found.AccessKeyId,
    secretAccessKey: found.SecretAccessKey,
    sessionToken: found.SessionToken,
  };
}

const assume = ["sts", "assume-role", "--role-session-name", "test"] as const;

describe.skipIf(!installed)(`the AWS command line meets in the double what it meets in AWS${skipped}`, () => {
  test("a role is assumed, its session says who it is, and is refused when its time is over", async () => {
    let now = Date.now();
    const double = await start({ now: () => now });
    const session = credentialOf(await aws(double, user, ...assume, "--role-arn", role, "--tags", "Key=team,Value=a"));
    expect(await aws(double, session, "sts", "get-caller-identity")).toContain("assumed-role/app/test");
    expect(double.mints).toMatchObject([{ action: "AssumeRole", accessKeyId: session.accessKeyId }]);
    expect(JSON.parse(await aws(double, session, "ecr", "get-authorization-token"))).toMatchObject({
      authorizationData: [{ proxyEndpoint: "https://123456789012.dkr.ecr.us-east-1.amazonaws.com" }],
    });
    expect(await aws(double, session, "sts", "get-session-token")).toContain("AccessDenied");
    const chained = await aws(double, session, ...assume, "--role-arn", role, "--duration-seconds", "7200");
    expect(chained).toContain("1 hour session limit for roles assumed by role chaining");
    now += 2 * 60_000;
    expect(double.whoIs(session)).toContain("assumed-role/app/test");
    now += hour;
    expect(double.whoIs(session)).toBeUndefined();
  });

  test.each([
    ["an unknown key", { accessKeyId: "AKIAUNKNOWN000000000" }, "InvalidClientTokenId"],
    ["a wrong secret", { secretAccessKey: "another" }, "SignatureDoesNotMatch"],
    ["a session token that is not this key's", { sessionToken: "stray" }, "InvalidClientTokenId"],
  ])("%s is refused", async (_, wrong, code) => {
    const double = await start();
    expect(await aws(double, { ...user, ...wrong }, "sts", "get-caller-identity")).toContain(`(${code})`);
  });

  test.each([
    ["a life over the role's maximum", ["--role-arn", role, "--duration-seconds", "43200"], "ValidationError", 8],
    ["a role that is not there", ["--role-arn", "arn:aws:iam::123456789012:role/none"], "AccessDenied", 12],
    ["no external id", ["--role-arn", "arn:aws:iam::123456789012:role/guarded"], "AccessDenied", 12],
    ["a broken policy", ["--role-arn", role, "--policy", "{"], "MalformedPolicyDocument", 12],
    [
      "a transitive key that is no tag",
      ["--role-arn", role, "--transitive-tag-keys", "x"],
      "InvalidParameterValue",
      12,
    ],
  ])("%s is refused", async (_, args, code, hours) => {
    const double = await start({
      roles: [
        { name: "app", maxSessionDuration: hours * hour },
        { name: "guarded", externalId: "tenant-42" },
      ],
    });
    expect(await aws(double, user, ...assume, ...args)).toContain(`(${code})`);
    expect(double.mints).toEqual([]);
  });

  test("a code of the second factor works once", async () => {
    const clock = createFakeClock({ start: Date.now() });
    const double = await start({ now: clock.now });
    const args = ["--serial-number", user.mfaSerial, "--token-code", double.mfaCode("deployer")];
    const guarded = ["--role-arn", "arn:aws:iam::123456789012:role/guarded", "--external-id", "tenant-42"];
    credentialOf(await aws(double, user, ...assume, ...guarded, ...args));
    expect(await aws(double, user, ...assume, ...guarded, ...args)).toContain("(AccessDenied)");
    const tagged = await aws(double, user, ...assume, ...guarded, "--tags", "Key=a,Value=b");
    expect(tagged).toContain("(AccessDenied)");
  });

  test("a clock that is six minutes off is told so", async () => {
    const behind = await start({ now: () => Date.now() + 360_000 });
    expect(await aws(behind, user, "sts", "get-caller-identity")).toMatch(/Signature expired: \w+ is now earlier than/);
    const ahead = await start({ now: () => Date.now() - 360_000 });
    expect(await aws(ahead, user, "sts", "get-caller-identity")).toMatch(/Signature not yet current/);
  });

  test("a signature for another region is refused", async () => {
    const double = await start({ region: "eu-central-1" });
    expect(await aws(double, user, "sts", "get-caller-identity")).toContain("scoped to a valid region");
  });

  test("an identity token of a known issuer assumes a role; one that is over, or of another subject, does not", async () => {
    const issuer = await createGithubOidcDouble();
    onTestFinished(issuer.close);
    const audience = "sts.amazonaws.com";
    const double = await start({
      identityProviders: [{ issuer: issuer.issuer, audiences: [audience], key: issuer.key }],
      roles: [{ name: "ci", web: { issuer: issuer.issuer, audience, subject: issuer.subject } }],
    });
    const call = (token: string) =>
      aws(
        double,
        user,
        ..."sts assume-role-with-web-identity --role-session-name run-1".split(" "),
        "--role-arn=arn:aws:iam::123456789012:role/ci",
        `--web-identity-token=${token}`,
      );
    const session = credentialOf(await call(await issuer.sign(audience)));
    expect(double.whoIs(session)).toBe("arn:aws:sts::123456789012:assumed-role/ci/run-1");
    expect(await call(await issuer.sign(audience, -1000))).toContain("(ExpiredTokenException)");
    expect(await call(await issuer.sign("another"))).toContain("(InvalidIdentityToken)");
    expect(await call("no.token.atall")).toContain("(InvalidIdentityToken)");
  });

  test("a password for RDS works for its user, host and a quarter of an hour", async () => {
    let now = Date.now();
    const double = await start({ now: () => now, databaseUsers: ["app"] });
    const args = ["--hostname", "db.example.com", "--port", "5432", "--username", "app"];
    const token = (await aws(double, user, "rds", "generate-db-auth-token", ...args)).trim();
    const login = { host: "db.example.com", port: 5432, username: "app", token };
    expect(double.judgeRdsToken(login)).toBe("accepted");
    expect(double.judgeRdsToken({ ...login, username: "root" })).toBe("the password is for another user");
    expect(double.judgeRdsToken({ ...login, token: token.replace("DBUser=app", "DBUser=apq") })).not.toBe("accepted");
    // The client signs by the machine's clock, a moment after ours was taken.
    now = Date.now() + 15 * 60_000;
    expect(double.judgeRdsToken(login)).toBe("the password is over");
  });

  test("a fault strikes once", async () => {
    const double = await start();
    double.faults.next("POST /", awsFaults.throttling);
    expect(await aws(double, user, "sts", "get-caller-identity")).toContain("(Throttling)");
    expect(await aws(double, user, "sts", "get-caller-identity")).toContain("user/deployer");
  });
});

test("what is not a request of STS is told so", async () => {
  const double = await start();
  const post = (body: string) => fetch(double.url, { method: "POST", body }).then((answer) => answer.text());
  expect(await post("Action=Nothing&Version=2011-06-15")).toContain("<Code>InvalidAction</Code>");
  expect(await post("Action=AssumeRole&Version=2012-01-01")).toContain("<Code>NoSuchVersion</Code>");
  expect(await post("Action=AssumeRole&Version=2011-06-15")).toContain("<Code>MissingAuthenticationToken</Code>");
});
