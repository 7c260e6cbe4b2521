import { meanings, type HttpAnswer, type Refusals } from "@rotate/plugin-kit";
import { callJson, sendJson, type JsonService } from "../../wire/json.ts";
import type { SecretContext } from "./options.ts";

const { conflict, denied, invalid, limited, missing, refused, unsure } = meanings;

const kms =
  "the KMS key of the secret: it must be enabled, and this identity needs kms:Decrypt and kms:GenerateDataKey on it";

/** Errors: docs.aws.amazon.com/secretsmanager/latest/apireference, each action. */
export const secretRefusals: Refusals = [
  {
    said: /^ResourceNotFoundException/,
    ...missing,
    hint: "check the secret's name and `region`; one of another account needs its whole ARN",
  },
  { said: /^ResourceExistsException/, ...conflict, hint: "somebody else made it, or wrote it, meanwhile" },
  { said: /^(EncryptionFailure|DecryptionFailure)/, ...denied, hint: kms },
  { said: /^AccessDenied.*\bkms\b/i, ...denied, hint: kms },
  {
    said: /^AccessDenied/,
    ...denied,
    hint: "the identity's policy, and of another account's secret its resource policy too, must allow secretsmanager:DescribeSecret, GetSecretValue, PutSecretValue and UpdateSecretVersionStage on it",
  },
  {
    said: /^LimitExceededException/,
    ...refused,
    hint: "the secret has as many versions as it may (those of the last 24 hours are not removed): write less often than every 10 minutes",
  },
  {
    said: /^(Throttling|ThrottlingException)/,
    ...limited,
    hint: "Secrets Manager takes 50 writes a second for all secrets of a region: spread the rotations",
  },
  {
    said: /^InternalServiceError/,
    ...unsure,
    hint: "Secrets Manager failed: see the AWS Health Dashboard if it lasts",
  },
  {
    said: /^InvalidRequestException.*(marked|scheduled) for deletion/i,
    ...invalid,
    hint: "restore it (aws secretsmanager restore-secret), or name another",
  },
  {
    said: /^InvalidRequestException/,
    ...invalid,
    hint: "the secret is in a state that takes no write: see what it says",
  },
  {
    said: /^(InvalidParameterException|ValidationException)/,
    ...invalid,
    hint: "see what it says, and check the options",
  },
];

const service: JsonService = { service: "secretsmanager", target: "secretsmanager", refusals: secretRefusals };

type Body = Readonly<Record<string, unknown>>;

/** The region of a secret that is named by its ARN. */
function regionIn({ options: { secret } }: SecretContext): string | undefined {
  return /^arn:[^:]*:secretsmanager:([^:]+):/.exec(secret)?.[1];
}

/** Calls an action on the secret. Throws what its refusal means. */
export function callSecret(action: string, body: Body, ctx: SecretContext): Promise<HttpAnswer> {
  return callJson(service, callOf(action, body, ctx), ctx);
}

/** The same, whatever the status. */
export function sendSecret(action: string, body: Body, ctx: SecretContext): Promise<HttpAnswer> {
  return sendJson(service, callOf(action, body, ctx), ctx);
}

function callOf(action: string, body: Body, ctx: SecretContext) {
  return { action, body: { SecretId: ctx.options.secret, ...body }, key: ctx.login, region: regionIn(ctx) };
}
