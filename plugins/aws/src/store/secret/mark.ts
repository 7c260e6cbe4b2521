import { isRotateError } from "@rotate/plugin-kit";
import type { Described } from "./described.ts";
import type { SecretContext } from "./options.ts";
import { callSecret } from "./wire.ts";

/** Did somebody write down that rotate writes it? */
export function isMarked({ tags }: Described): boolean {
  return tags.some(({ Key, Value }) => Key === "managed-by" && Value === "rotate");
}

/** Tags the secret with who writes it; nothing depends on it, and it needs a right of its own (secretsmanager:TagResource). */
export async function markAsOurs(secret: Described, ctx: SecretContext): Promise<void> {
  if (isMarked(secret) || !ctx.options.mark) return;
  try {
    await callSecret("TagResource", { Tags: [{ Key: "managed-by", Value: "rotate" }] }, ctx);
  } catch (error) {
    if (!isRotateError(error)) throw error;
    ctx.log.debug("the secret could not be tagged as written by rotate", { secret: secret.Name, error: error.message });
  }
}
