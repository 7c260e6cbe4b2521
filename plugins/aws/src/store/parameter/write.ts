import { isRotateError, RotateError } from "@rotate/plugin-kit";
import type { ParameterContext } from "./options.ts";
import { callParameter, readParameter, type Kept, type Parameter } from "./wire.ts";

/** What is to be written over what. */
export interface Write {
  readonly before: Parameter | undefined;
  readonly value: string;
  readonly kept: Kept | undefined;
  /** We wrote it before. */
  readonly ours: boolean;
}

const answered = { type: "object", properties: { Version: { type: "integer" } }, required: ["Version"] } as const;

/** Bytes, by tier (docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html). */
const largest: Readonly<Record<string, number>> = { Standard: 4096, Advanced: 8192, "Intelligent-Tiering": 8192 };

/** Throws INVALID. */
export function refuseLarge({ value, kept }: Pick<Write, "value" | "kept">, { options }: ParameterContext): void {
  const tier = kept?.tier ?? "Standard";
  const most = largest[tier] ?? 8192;
  const size = Buffer.byteLength(value);
  if (size <= most) return;
  throw new RotateError(`the value is ${size} bytes, and ${options.name} takes ${most} (${tier})`, {
    code: "INVALID",
    retryable: false,
    noEffect: true,
    hint: "make it an advanced parameter, or write it to Secrets Manager",
  });
}

/** Writes. Only the making of a parameter is conditional: else what is there is looked at once more, which leaves a moment. */
export async function perform({ before, value, kept, ours }: Write, ctx: ParameterContext): Promise<void> {
  const now = await readParameter(ctx);
  if (now?.version !== before?.version) throw changed(ctx, true);
  const { Version: version } = (await put({ before, value, kept }, ctx)).json(answered);
  if (before !== undefined && version !== before.version + 1)
    ctx.log.warn("somebody else wrote the parameter in the same moment, and was written over", {
      parameter: ctx.options.name,
    });
  if (before !== undefined && !ours && ctx.options.mark) await markAsOurs(ctx);
}

/** A new version takes key, type and tier of the one before: what is left out would become the account's default. */
function put({ before, value, kept }: Pick<Write, "before" | "value" | "kept">, ctx: ParameterContext) {
  const { name, kmsKeyId = kept?.keyId, mark } = ctx.options;
  const type = before?.type ?? "SecureString";
  const body = {
    Name: name,
    Value: value,
    Type: type,
    Overwrite: before !== undefined,
    ...(type === "SecureString" && kmsKeyId && { KeyId: kmsKeyId }),
    ...(kept?.tier && { Tier: kept.tier }),
    ...(before === undefined && mark && { Tags: [{ Key: "managed-by", Value: "rotate" }] }),
  };
  return callParameter("PutParameter", body, ctx);
}

/** Puts the old value back over what we wrote. */
export async function takeBack({ before, value, kept }: Write, ctx: ParameterContext): Promise<void> {
  const now = await readParameter(ctx);
  if (now?.value === before?.value) return;
  if (now?.value !== value) throw changed(ctx, false);
  if (before !== undefined) await put({ before, value: before.value, kept }, ctx);
  else await callParameter("DeleteParameter", { Name: ctx.options.name }, ctx);
}

function changed({ options: { name } }: ParameterContext, retryable: boolean): RotateError {
  return new RotateError(`${name} was written by somebody else`, {
    code: "CONFLICT",
    retryable,
    noEffect: true,
    hint: retryable ? "it is looked at again" : "what stands there now is left alone; look who else writes it",
  });
}

/** Nothing depends on it, and it needs a right of its own (ssm:AddTagsToResource). */
async function markAsOurs(ctx: ParameterContext): Promise<void> {
  const { name } = ctx.options;
  try {
    const Tags = [{ Key: "managed-by", Value: "rotate" }];
    await callParameter("AddTagsToResource", { ResourceType: "Parameter", ResourceId: name, Tags }, ctx);
  } catch (error) {
    if (!isRotateError(error)) throw error;
    ctx.log.debug("the parameter could not be tagged as written by rotate", { parameter: name, error: error.message });
  }
}
