/** What the stores refuse, and secrets that are not ours to write: what moto does not know of, on a double that says it as AWS does. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { errorOf, refusalContract, secretRef, sinkValues, statusSamples } from "@rotate/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { refusals } from "../src/refusal.ts";
import { parameterRefusals } from "../src/store/parameter/wire.ts";
import { awsSecretsManager } from "../src/store/secret/sink.ts";
import { secretRefusals } from "../src/store/secret/wire.ts";
import { contextOn } from "./support/moto-stage.ts";

const name = "prod/db";
const described = {
  ARN: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/db-AbCdEf",
  Name: name,
  VersionIdsToStages: { "11111111-1111-4111-8111-111111111111": ["AWSCURRENT"] },
};

/** Describes one secret, and takes no write. */
async function optionsFor(more: object, options: object = {}) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const action = String(request.headers["x-amz-target"]).split(".")[1] ?? "";
    asked.push(action);
    const answers: Readonly<Record<string, object>> = {
      DescribeSecret: { ...described, ...more },
      GetSecretValue: { SecretString: "{}", VersionId: "11111111-1111-4111-8111-111111111111" },
    };
    const answer = answers[action];
    response.statusCode = answer === undefined ? 400 : 200;
    response.end(
      JSON.stringify(answer ?? { __type: "InvalidRequestException", message: "this double takes no write" }),
    );
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = {
    source: "keys",
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: secretRef("some-secret"),
  };
  const all = { region: "eu-central-1", endpoints: { secretsmanager: url }, credentials, secret: name, ...options };
  return { options: all, asked };
}

describe("a secret that is not ours to write is refused before the mint, and nothing is staged in it:", () => {
  test.each([
    ["owned by a service", { OwningService: "rds" }, "belongs to the service rds", "name a secret of your own"],
    ["with a rotation of its own", { RotationEnabled: true }, "rotation of its own", "cancel-rotate-secret"],
    [
      "replicated from another region",
      { PrimaryRegion: "us-east-1" },
      "replica of the one in us-east-1",
      "region: us-east-1",
    ],
    ["scheduled for deletion", { DeletedDate: 1_900_000_000 }, "scheduled for deletion", "restore-secret"],
  ])("%s", async (_, more, message, hint) => {
    const { options, asked } = await optionsFor(more);
    const ctx = await contextOn(awsSecretsManager, options);
    const refused = {
      code: "INVALID",
      retryable: false,
      noEffect: true,
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    };
    expect(await errorOf(awsSecretsManager.check!({ ...ctx, keys: ["password"] }))).toMatchObject(refused);
    expect(await errorOf(awsSecretsManager.prepare(sinkValues({ password: "new" }), ctx))).toMatchObject(refused);
    expect(asked).not.toContain("PutSecretValue");
  });

  test("the first region of a replicated secret is written there", async () => {
    const { options } = await optionsFor({ PrimaryRegion: "eu-central-1" });
    const ctx = await contextOn(awsSecretsManager, options);
    await expect(awsSecretsManager.check!({ ...ctx, keys: ["password"] })).resolves.toBeUndefined();
  });

  test("a rotation of its own is written over where the spec says so, and that is told", async () => {
    const { options } = await optionsFor({ RotationEnabled: true }, { force: true });
    const ctx = await contextOn(awsSecretsManager, options);
    await awsSecretsManager.check?.({ ...ctx, keys: ["password"] });
    expect(ctx.logs.map(({ message }) => message)).toEqual([
      "the secret has a rotation of its own: the two take turns",
    ]);
  });
});

const status = 400;
/** What stands behind a store's own words: what all services say without any. */
const byStatus = refusals.filter(({ said }) => said === undefined);

refusalContract(
  { describe, test },
  {
    name: "Secrets Manager",
    of: "http",
    table: [...secretRefusals, ...byStatus],
    samples: [
      { status, said: "ResourceNotFoundException: Secrets Manager can't find the specified secret.", is: "missing" },
      { status, said: "ResourceExistsException: you can't modify this version", is: "conflict" },
      { status, said: "EncryptionFailure: the KMS key is disabled", is: "denied" },
      { status, said: "AccessDeniedException: Access to KMS is not allowed", is: "denied" },
      { status, said: "AccessDeniedException: not authorized to perform: secretsmanager:PutSecretValue", is: "denied" },
      { status, said: "LimitExceededException: the secret has too many versions", is: "refused" },
      { status, said: "ThrottlingException: Rate exceeded", is: "limited" },
      { status: 500, said: "InternalServiceError: no", is: "unsure" },
      {
        status,
        said: "InvalidRequestException: You can't perform this operation because it was marked for deletion.",
        is: "invalid",
      },
      { status, said: "InvalidRequestException: another state", is: "invalid" },
      { status, said: "InvalidParameterException: the parameter RemoveFromVersionId can't be empty", is: "invalid" },
      { status, said: "ValidationException: Value at 'secretString' failed to satisfy constraint", is: "invalid" },
      ...statusSamples,
    ],
  },
);

refusalContract(
  { describe, test },
  {
    name: "the Parameter Store",
    of: "http",
    table: [...parameterRefusals, ...byStatus],
    samples: [
      { status, said: "ParameterNotFound: no", is: "missing" },
      { status, said: "ParameterAlreadyExists: no", is: "raced" },
      { status, said: "ParameterMaxVersionLimitExceeded: the oldest version has a label", is: "refused" },
      { status, said: "InvalidKeyId: the key is disabled", is: "denied" },
      { status, said: "AccessDeniedException: not authorized to perform: kms:Decrypt", is: "denied" },
      { status, said: "AccessDeniedException: not authorized to perform: ssm:PutParameter", is: "denied" },
      { status, said: "TooManyUpdates: no", is: "limited" },
      { status, said: "ThrottlingException: Rate exceeded", is: "limited" },
      { status, said: "ParameterLimitExceeded: no", is: "refused" },
      { status, said: "HierarchyTypeMismatch: no", is: "invalid" },
      { status: 500, said: "InternalServerError: no", is: "unsure" },
      { status, said: "ValidationException: the value is too long", is: "invalid" },
      ...statusSamples,
    ],
  },
);
