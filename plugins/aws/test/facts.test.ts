import { awsFaults } from "@rotate/doubles";
import { expect, test } from "vitest";
import { secretRef } from "@rotate/testkit";
import { awsEcr } from "../src/aws-ecr.ts";
import { awsRdsIam } from "../src/aws-rds-iam.ts";
import { awsSts } from "../src/aws-sts.ts";
import { appRole, errorOf, mint, start } from "./support/call.ts";

const env = { HOME: "/home/app" };

test("a password that is signed here leaves nothing at AWS, a session does", () => {
  expect([awsRdsIam.ghosts, awsSts.ghosts, awsEcr.ghosts]).toEqual([false, undefined, undefined]);
  expect([awsRdsIam.maxLife, awsSts.maxLife, awsEcr.maxLife]).toEqual([900_000, 43_200_000, 43_200_000]);
});

test("the profile that a login reads is named, file and section", () => {
  expect(awsSts.reads?.({ credentials: { source: "profile", profile: "base" } }, env)).toEqual([
    { path: "/home/app/.aws/config", section: "profile base" },
    { path: "/home/app/.aws/credentials", section: "base" },
  ]);
  expect(awsSts.reads?.({}, { ...env, AWS_WEB_IDENTITY_TOKEN_FILE: "/run/token" })).toEqual([
    { path: "/home/app/.aws/config", section: "default" },
    { path: "/home/app/.aws/credentials", section: "default" },
    { path: "/run/token" },
  ]);
  expect(awsSts.reads?.({ credentials: { source: "keys" } }, env)).toEqual([]);
});

test("keys by reference may be used anywhere, a machine's own role only there", () => {
  const scope = typeof awsSts.scope === "function" ? awsSts.scope : () => "";
  expect(scope({ credentials: { source: "keys" } })).toBe("anywhere");
  expect([scope({}), scope({ credentials: { source: "instance" } })]).toEqual(["host", "host"]);
});

test("a role that is taken only to sign leaves nothing when it fails", async () => {
  const double = await start();
  const credentials = { source: "web-identity", token: secretRef("a.b.c"), roleArn: appRole };
  double.faults.next("POST /", awsFaults.internal);
  expect(await errorOf(mint({ double, options: { credentials } }))).toMatchObject({
    code: "UNAVAILABLE",
    noEffect: true,
  });
});
