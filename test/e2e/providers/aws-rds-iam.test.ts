import { postgresUnavailable, type LakebaseGateway } from "@rotate/doubles";
import { expect, test } from "vitest";
import { keyFile, source, startAccount, userKey } from "./aws.ts";
import { startDatabase, urlInDotenv } from "./database.ts";
import { expectFresh, expectQuiet, expectRefused, expectRotated, formerLeases, layOut, logIn } from "./support.ts";

const spec = (database: LakebaseGateway): string => `version: 1
name: aws-rds-iam-e2e
providers:
  aws: { type: aws-rds-iam, region: us-east-1, ${source} }
rotations:
  app:
    provider: aws
    request: { host: localhost, port: ${database.port}, username: app }
    sinks:
      - ${urlInDotenv(database)}
    reload:
      - ${logIn}
`;

const verify = () => Promise.reject(new Error("a JWT is no password here"));

/** A database of an account, which takes signed requests for passwords, and those that it took. */
async function startRds() {
  const account = await startAccount();
  const passwords: string[] = [];
  function judge({ user, password }: { readonly user: string; readonly password: string }) {
    const message = account.judgeRdsToken({ host: "localhost", port: database.port, username: user, token: password });
    if (message !== "accepted") return { code: "28000", message };
    passwords.push(password);
    return undefined;
  }
  const database: LakebaseGateway = await startDatabase({ verify, judgeOther: judge });
  return { database, passwords };
}

/** The signature tells whole seconds: a second request within the same one is the same password, and rightly reused. */
function nextSecond(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1_000 - (Date.now() % 1_000)));
}

const unavailable = postgresUnavailable();

test.skipIf(unavailable !== undefined)(
  `a signed request is the password of a database user (${unavailable ?? "on a real PostgreSQL"})`,
  async () => {
    const { database, passwords } = await startRds();
    const files = { "user-key.ini": keyFile, "ca.pem": database.ca };
    const stage = await layOut({ spec: spec(database), files });

    await expectRotated(stage);
    await expectFresh(stage, () => passwords.length);
    await nextSecond();
    await expectRotated(stage, "--force");
    expect(await stage.file("who")).toBe("app\napp\n");
    expect(new Set(passwords).size).toBe(2);
    expect(await formerLeases(stage)).toEqual(["expires only"]);

    await stage.write("user-key.ini", "[default]\n");
    await expectRefused(stage, { why: "there are no credentials in the profile", todo: "give it a key" });
    await expectQuiet(stage, [userKey, ...passwords], [".env", "user-key.ini"]);
  },
);
