import { randomUUID } from "node:crypto";
import { defineSink, RotateError, type SinkContext, type Values, reversible } from "@rotate/plugin-kit";
import { followedPlaces, sourcePlaces, sourceScope, type KeySource } from "../../source/index.ts";
import { logIn } from "../login.ts";
import { checkSecret } from "./check.ts";
import { describeSecret, refuseAbsent, refuseForeign, versionWith, type Described } from "./described.ts";
import { options, type SecretContext, type SecretOptions } from "./options.ts";
import { markAsOurs } from "./mark.ts";
import { editText, readText, textsOf } from "./text.ts";
import { undoMove } from "./undo.ts";
import { current, move, readVersion, refuseLarge, stage } from "./versions.ts";
import { callSecret } from "./wire.ts";

/** AWS takes no signature that is older: a request that still waits then is refused. ms */
const lateWrites = 300_000;

/**
 * One secret of AWS Secrets Manager. The new text is stored under a label of ours first, where everything that can fail does; the write is one conditional move of
 * AWSCURRENT, and AWSPREVIOUS follows by itself. docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
 */
export const awsSecretsManager = defineSink({
  type: "aws-secrets-manager",
  options,
  keys: {
    pattern: "[^\\u0000-\\u001f]{1,256}",
    description: "a member of the JSON object; with `format: value` any one name",
  },
  lateWrites,
  target: ({ secret, region = "" }) => `secret ${secret}${region === "" ? "" : ` in ${region}`}`,
  reads: sourcePlaces,
  follows: followedPlaces,
  scope: sourceScope,
  login: logIn,
  check: checkSecret,

  async prepare(values, ctx) {
    const secret = await describeSecret(ctx);
    refuseAbsent(secret, ctx);
    if (secret === undefined) return creating(values, ctx);
    refuseForeign(secret, ctx);
    return versionWith(current, secret) === undefined ? filling(secret, values, ctx) : moving(secret, values, ctx);
  },
  async read(keys, ctx) {
    const version = await readVersion(ctx);
    const texts = version === undefined ? {} : readText(version.text, keys, ctx.options.format);
    const present = Object.entries(texts).flatMap(([key, text]) =>
      text === undefined ? [] : [[key, ctx.secret(text, key)] as const],
    );
    return Object.fromEntries(present);
  },
  async fence(ctx) {
    const now = await readVersion(ctx);
    if (now === undefined) throw unfenced(ctx);
    await move(current, { from: now.id, to: await stage(now.text, labelFor({}), ctx) }, ctx);
  },
  async tidy(ctx) {
    const secret = await describeSecret(ctx);
    const staged = secret && versionWith(labelFor(ctx), secret);
    if (staged !== undefined && staged !== versionWith(current, secret!)) await dropStaged(staged, ctx);
  },
});

type Preparing = SinkContext<SecretOptions, KeySource>;

/** Of each sink its own, so that two that share a secret do not take it from each other. */
function labelFor({ mark = "" }: { readonly mark?: string }): string {
  return `ROTATE_PENDING${mark === "" ? "" : `_${mark.slice(0, 16)}`}`;
}

async function dropStaged(staged: string, ctx: Preparing): Promise<void> {
  await move(labelFor(ctx), { from: staged, to: undefined }, ctx);
}

/** A secret that is made cannot be taken back without deleting it, which AWS does days later. */
async function creating(values: Values, at: Preparing) {
  const { secret: name, format, kmsKeyId } = at.options;
  const text = await editText(undefined, textsOf(values, format), format);
  refuseLarge(text, at);
  const token = randomUUID();
  return {
    changed: true,
    async commit(ctx: SecretContext) {
      const tags = ctx.options.mark ? { Tags: [{ Key: "managed-by", Value: "rotate" }] } : {};
      const body = {
        Name: name,
        ClientRequestToken: token,
        SecretString: text,
        ...(kmsKeyId && { KmsKeyId: kmsKeyId }),
        ...tags,
      };
      await callSecret("CreateSecret", body, ctx);
    },
  };
}

/** A secret without a value takes the first one at once: there is no label to move. */
async function filling(secret: Described, values: Values, at: Preparing) {
  const { format } = at.options;
  const text = await editText(undefined, textsOf(values, format), format);
  refuseLarge(text, at);
  const token = randomUUID();
  return {
    changed: true,
    async commit(ctx: SecretContext) {
      await callSecret("PutSecretValue", { ClientRequestToken: token, SecretString: text }, ctx);
      await markAsOurs(secret, ctx);
    },
  };
}

async function moving(secret: Described, values: Values, ctx: Preparing) {
  const { format } = ctx.options;
  const before = await readVersion(ctx, versionWith(current, secret));
  if (before === undefined) throw changed(ctx);
  const text = await editText(before.text, textsOf(values, format), format);
  const label = labelFor(ctx);
  const previous = versionWith("AWSPREVIOUS", secret);
  if (text === before.text) return { changed: false, commit: async () => undefined, undo: async () => undefined };
  refuseLarge(text, ctx);
  const staged = await stage(text, label, ctx);
  return {
    changed: true,
    ...reversible<SecretContext>({
      async commit(later) {
        await move(current, { from: before.id, to: staged }, later);
        await markAsOurs(secret, later);
      },
      undo: (later) => undoMove({ before, staged, previous, label, keys: Object.keys(values), text }, later),
      drop: (later) => move(label, { from: staged, to: undefined }, later),
    }),
  };
}

function changed({ options: { secret } }: SecretContext): RotateError {
  const message = `${secret} was written by somebody else`;
  return new RotateError(message, { code: "CONFLICT", retryable: true, noEffect: true, hint: "it is looked at again" });
}

function unfenced({ options: { secret } }: SecretContext): RotateError {
  return new RotateError(`${secret} has no value to write anew`, {
    code: "NOT_FOUND",
    retryable: false,
    noEffect: true,
    hint: "the write is made again, and waited for",
  });
}
