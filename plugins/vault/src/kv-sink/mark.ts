import { dataPath, type KvContext } from "./options.ts";
import type { Stored } from "./stored.ts";
import { send } from "../wire.ts";

/** Notes in the secret's custom metadata who writes it; nothing depends on it. A metadata write makes no version. */
export async function markAsOurs({ engine, marked }: Stored, ctx: KvContext): Promise<void> {
  if (engine === "kv1" || marked || !ctx.options.mark) return;
  const path = dataPath(ctx, engine).replace(/\/data\//, "/metadata/");
  const json = { custom_metadata: { "managed-by": "rotate" } };
  try {
    const answer = await send(ctx, { verb: "PATCH", path, json, token: ctx.login.token });
    if (!answer.ok)
      ctx.log.debug("the secret could not be marked as written by rotate", { path, status: answer.status });
  } catch (error) {
    ctx.log.debug("the secret could not be marked as written by rotate", { path, error: (error as Error).message });
  }
}
