import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isSecret, type Minted, type Provider } from "@rotate/plugin-kit";
import { createAwsDouble, type AwsCredentialTexts, type AwsDouble, type AwsDoubleOptions } from "@rotate/doubles";
import { createTestContext, secretRef, withDefaults, type TestContext } from "@rotate/testkit";
import { onTestFinished } from "vitest";
import { awsSts } from "../../src/aws-sts.ts";

export { errorOf } from "@rotate/testkit";

export const minute = 60_000;
export const hour = 60 * minute;

export const user = {
  name: "deployer",
  accessKeyId: "AKIAEXAMPLEDEPLOYER0",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  mfaSerial: "arn:aws:iam::123456789012:mfa/deployer",
} as const;
export const appRole = "arn:aws:iam::123456789012:role/app";

export const account: AwsDoubleOptions = {
  users: [user],
  roles: [{ name: "app", maxSessionDuration: 12 * hour }, { name: "short" }],
  databaseUsers: ["app"],
};

/** A double that is closed when the test ends. */
export async function start(options: AwsDoubleOptions = {}): Promise<AwsDouble> {
  const double = await createAwsDouble({ ...account, ...options });
  onTestFinished(double.close);
  return double;
}

/** A directory of the test's own. */
export function freshDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "rotate-aws-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A file of the test's own, with this content. */
export function fileWith(name: string, content: string): string {
  const path = join(freshDirectory(), name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

/** The user's key, by references. */
export const keys = {
  source: "keys",
  accessKeyId: user.accessKeyId,
  secretAccessKey: secretRef(user.secretAccessKey),
} as const;

/** A session's key, by references: of nobody, for what is refused before any call. */
export const sessionKeys = {
  source: "keys",
  accessKeyId: "ASIAEXAMPLESESSION00",
  secretAccessKey: secretRef("some-secret"),
  sessionToken: secretRef("some-token"),
} as const;

export interface Setup {
  readonly double: Pick<AwsDouble, "url">;
  readonly provider?: Provider;
  /** Default: `keys`, region us-east-1, the double's endpoints. */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly now?: () => number;
}

/** A provider's context without login; HOME is an empty directory. */
export function contextOf({ double, provider = awsSts, options, env, now }: Setup): TestContext {
  const endpoints = { sts: double.url, ecr: double.url };
  const given = { region: "us-east-1", endpoints, credentials: keys, ...options };
  const whole = { PATH: process.env["PATH"], HOME: freshDirectory(), AWS_EC2_METADATA_DISABLED: "true", ...env };
  return createTestContext({ options: given, schema: provider.options, env: whole, ...(now && { now }) });
}

/** Logs in and mints, as the engine does. */
export async function mint(setup: Setup, request: object = { roleArn: appRole }): Promise<Minted> {
  const { provider = awsSts } = setup;
  const ctx = contextOf(setup);
  const login = await provider.login?.(ctx);
  return provider.mint(withDefaults(provider.request ?? { type: "object" }, request), { ...ctx, login });
}

/** Logs in and checks. */
export async function check(setup: Setup): Promise<void> {
  const { provider = awsSts } = setup;
  const ctx = contextOf(setup);
  await provider.check?.({ ...ctx, login: await provider.login?.(ctx) });
}

type Texts = Readonly<Record<string, string>>;

/** What was minted, as text. */
export function revealed({ fields }: Minted): Texts {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, isSecret(value) ? value.reveal() : value]),
  );
}

/** The minted credential, to be shown to the double. */
export function credentialOf(minted: Minted): AwsCredentialTexts {
  const { accessKeyId = "", secretAccessKey = "", sessionToken = "" } = revealed(minted);
  return { accessKeyId, secretAccessKey, sessionToken };
}
