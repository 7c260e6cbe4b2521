import { meanings, RotateError, type HttpAnswer, type Refusals } from "@rotate/plugin-kit";
import { callJson, unlessMissing, type JsonService } from "../../wire/json.ts";
import type { ParameterContext } from "./options.ts";

const { denied, invalid, limited, missing, raced, refused, unsure } = meanings;

const kms =
  "the KMS key of the parameter: it must be enabled, and this identity needs kms:Encrypt and kms:Decrypt on it";

/** Errors: docs.aws.amazon.com/systems-manager/latest/APIReference, each action. */
export const parameterRefusals: Refusals = [
  { said: /^ParameterNotFound/, ...missing, hint: "check `name` and `region`" },
  { said: /^ParameterAlreadyExists/, ...raced, hint: "somebody else made it meanwhile" },
  {
    said: /^ParameterMaxVersionLimitExceeded/,
    ...refused,
    hint: "it has 100 versions, and the oldest has a label, which keeps it: move the label (aws ssm label-parameter-version)",
  },
  { said: /^(InvalidKeyId|AccessDenied.*\bkms\b)/i, ...denied, hint: kms },
  {
    said: /^AccessDenied/,
    ...denied,
    hint: "the identity's policy must allow ssm:GetParameter, PutParameter and GetParameterHistory on the parameter",
  },
  {
    said: /^(TooManyUpdates|Throttling|ThrottlingException)/,
    ...limited,
    hint: "the Parameter Store takes few writes a second: spread the rotations, or switch on higher throughput",
  },
  {
    said: /^(ParameterLimitExceeded)/,
    ...refused,
    hint: "the account has as many parameters as it may: use the advanced tier, or remove some",
  },
  {
    said: /^HierarchyTypeMismatch/,
    ...invalid,
    hint: "a parameter cannot change its type: make one of type SecureString",
  },
  {
    said: /^InternalServerError/,
    ...unsure,
    hint: "the Parameter Store failed: see the AWS Health Dashboard if it lasts",
  },
  {
    said: /^(ValidationException|Invalid|UnsupportedParameterType)/,
    ...invalid,
    hint: "see what it says, and check the options",
  },
];

const service: JsonService = { service: "ssm", target: "AmazonSSM", refusals: parameterRefusals };

/** Calls an action. Throws what its refusal means. */
export function callParameter(
  action: string,
  body: Readonly<Record<string, unknown>>,
  ctx: ParameterContext,
): Promise<HttpAnswer> {
  return callJson(service, { action, body, key: ctx.login }, ctx);
}

const parameter = {
  type: "object",
  properties: {
    Parameter: {
      type: "object",
      properties: { Type: { type: "string" }, Value: { type: "string" }, Version: { type: "integer" } },
      required: ["Type", "Value", "Version"],
    },
  },
  required: ["Parameter"],
} as const;

/** What stands there now. */
export interface Parameter {
  readonly type: string;
  readonly value: string;
  readonly version: number;
}

/** Undefined: there is no such parameter. */
export async function readParameter(ctx: ParameterContext): Promise<Parameter | undefined> {
  const body = { Name: ctx.options.name, WithDecryption: true };
  const answer = await unlessMissing(() => callParameter("GetParameter", body, ctx));
  if (answer === undefined) return undefined;
  const { Type: type, Value: value, Version: version } = answer.json(parameter).Parameter;
  return { type, value: ctx.secret(value, "parameter").reveal(), version };
}

const history = {
  type: "object",
  properties: {
    Parameters: {
      type: "array",
      items: {
        type: "object",
        properties: {
          Version: { type: "integer" },
          KeyId: { type: "string" },
          Tier: { type: "string" },
          Labels: { type: "array", items: { type: "string" } },
        },
        required: ["Version"],
      },
    },
    NextToken: { type: "string" },
  },
  required: ["Parameters"],
} as const;

/** How the newest version is kept, and what the oldest that is kept is named. */
export interface Kept {
  readonly keyId: string | undefined;
  readonly tier: string | undefined;
  readonly versions: number;
  readonly labelsOfOldest: readonly string[];
}

/** Versions that are kept at most. */
export const mostVersions = 100;

/** Looks through the versions, which are at most a hundred; their values are not asked for in the clear. */
export async function readHistory(ctx: ParameterContext): Promise<Kept> {
  type Version = { Version: number; KeyId?: string; Tier?: string; Labels?: readonly string[] };
  const all: Version[] = [];
  let token: string | undefined;
  do {
    const body = { Name: ctx.options.name, WithDecryption: false, MaxResults: 50, ...(token && { NextToken: token }) };
    const page = (await callParameter("GetParameterHistory", body, ctx)).json(history);
    all.push(...page.Parameters);
    token = page.NextToken;
  } while (token !== undefined && token !== "" && all.length < 2 * mostVersions);
  const sorted = all.toSorted((a, b) => a.Version - b.Version);
  const { KeyId: keyId, Tier: tier } = sorted.at(-1) ?? {};
  return { keyId, tier, versions: sorted.length, labelsOfOldest: sorted[0]?.Labels ?? [] };
}

/** Throws NOT_FOUND for a parameter that is not to be made, INVALID for one that holds several values. */
export function refuseUnfit(found: Parameter | undefined, { options }: ParameterContext): void {
  if (found?.type === "StringList")
    throw new RotateError(`${options.name} is a StringList`, {
      code: "INVALID",
      retryable: false,
      noEffect: true,
      hint: "its type cannot be changed: name a parameter of type SecureString",
    });
  if (found !== undefined || options.create) return;
  throw new RotateError(`there is no parameter ${options.name}`, {
    code: "NOT_FOUND",
    retryable: false,
    noEffect: true,
    hint: "check its name and `region`, make it once as SecureString (Terraform, aws ssm put-parameter), or set `create: true`",
  });
}
