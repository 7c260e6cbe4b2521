import type { Provider } from "@rotate/plugin-kit";
import { withDefaults } from "@rotate/testkit";
import { describe, expect, test } from "vitest";
import { awsEcr } from "../src/aws-ecr.ts";
import { awsRdsIam } from "../src/aws-rds-iam.ts";
import { awsSts } from "../src/aws-sts.ts";
import { appRole, contextOf, errorOf, sessionKeys, start, type Setup } from "./support/call.ts";

/** What `plan` and the preflight do. */
async function check(provider: Provider, setup: Setup, request: object): Promise<void> {
  const ctx = contextOf({ ...setup, provider });
  const login = await provider.login?.(ctx);
  await provider.check?.({ ...ctx, login }, withDefaults(provider.request ?? { type: "object" }, request));
}

describe("before anything is minted", () => {
  test.each([
    ["a session where a user's key is needed", { action: "GetSessionToken" }, /needs the long-term key/],
    ["more than an hour from a session", { roleArn: appRole, ttl: 7_200_000 }, /an hour at most/],
    ["a key where an identity token is needed", { action: "AssumeRoleWithWebIdentity", roleArn: appRole }, /identity/],
  ])("%s is found", async (_name, request, said) => {
    const double = await start();
    const error = await errorOf(check(awsSts, { double, options: { credentials: sessionKeys } }, request));
    expect(error).toMatchObject({ code: "INVALID" });
    expect(error.message).toMatch(said);
    expect(double.requests).toEqual([]);
  });

  test.each([
    ["aws-ecr", awsEcr, {}],
    ["aws-rds-iam", awsRdsIam, { host: "db.internal.example", username: "app" }],
  ])("%s without a region is found, and nobody was asked for that", async (_name, provider, request) => {
    const double = await start();
    const error = await errorOf(check(provider, { double, options: { region: undefined } }, request));
    expect(error).toMatchObject({ code: "INVALID", message: expect.stringContaining("region") });
    await expect(check(provider, { double }, request)).resolves.toBeUndefined();
    expect(double.requests).toEqual([]);
  });
});
