import { randomUUID } from "node:crypto";
import { RotateError } from "@rotate/plugin-kit";
import { codeOf, unlessMissing } from "../../wire/json.ts";
import { refusal } from "../../refusal.ts";
import { describeSecret, versionWith } from "./described.ts";
import type { SecretContext } from "./options.ts";
import { callSecret, sendSecret } from "./wire.ts";

const value = {
  type: "object",
  properties: { VersionId: { type: "string" }, SecretString: { type: "string" }, SecretBinary: { type: "string" } },
  required: ["VersionId"],
} as const;

/** The label that readers ask for. */
export const current = "AWSCURRENT";

/** A version and its text. */
export interface Version {
  readonly id: string;
  readonly text: string;
}

/** The current version, or the one with this id. Undefined: there is no secret, or no value in it. Throws INVALID for a binary one. */
export async function readVersion(ctx: SecretContext, id?: string): Promise<Version | undefined> {
  const answer = await unlessMissing(() =>
    callSecret("GetSecretValue", id === undefined ? { VersionStage: current } : { VersionId: id }, ctx),
  );
  if (answer === undefined) return undefined;
  const { VersionId, SecretString: text } = answer.json(value);
  if (text !== undefined) return { id: VersionId, text: ctx.secret(text, "secret").reveal() };
  throw new RotateError(`${ctx.options.secret} is a binary secret`, {
    code: "INVALID",
    retryable: false,
    noEffect: true,
    hint: "store a text once: its kind follows the value",
  });
}

/** The largest text, bytes (docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html). */
const largest = 65_536;

/** Throws INVALID. */
export function refuseLarge(text: string, { options }: SecretContext): void {
  const size = Buffer.byteLength(text);
  if (size <= largest) return;
  throw new RotateError(`the text would be ${size} bytes, and ${options.secret} takes ${largest}`, {
    code: "INVALID",
    retryable: false,
    noEffect: true,
    hint: "write fewer or shorter values into it",
  });
}

/** Stores a text under a label that no reader asks for: key, size and quota are tried, and nothing is seen of it. */
export async function stage(text: string, label: string, ctx: SecretContext): Promise<string> {
  const id = randomUUID();
  await callSecret("PutSecretValue", { ClientRequestToken: id, SecretString: text, VersionStages: [label] }, ctx);
  return id;
}

/** Moves a label, only if it is where it was seen. Throws CONFLICT when it is not: somebody else wrote. */
export async function move(
  label: string,
  { from, to }: { readonly from: string | undefined; readonly to: string | undefined },
  ctx: SecretContext,
): Promise<void> {
  const body = {
    VersionStage: label,
    ...(to !== undefined && { MoveToVersionId: to }),
    ...(from !== undefined && { RemoveFromVersionId: from }),
  };
  const answer = await sendSecret("UpdateSecretVersionStage", body, ctx);
  if (answer.ok) return;
  const error = refusal("UpdateSecretVersionStage was refused", answer, ctx);
  if (codeOf(answer) !== "InvalidParameterException") throw error;
  const now = await describeSecret(ctx);
  if (now !== undefined && to !== undefined && versionWith(label, now) === to) return;
  throw new RotateError(`${ctx.options.secret} was written by somebody else`, {
    code: "CONFLICT",
    retryable: true,
    noEffect: true,
    hint: "it is looked at again",
    cause: error,
  });
}
