import { httpRefusal, RotateError, type Values } from "@rotate/plugin-kit";
import { explainDenied } from "../denied.ts";
import { send } from "../wire.ts";
import { dataPath, type KvContext } from "./options.ts";
import { said, writeRefusals } from "./refusals.ts";
import { change, readStored, type Stored } from "./stored.ts";

/** Puts our keys back as they were: what others wrote beside them stays. */
export async function undoWrite(before: Stored, values: Values, ctx: KvContext): Promise<void> {
  const now = await readStored(before.engine, ctx);
  const keys = Object.keys(values);
  if (keys.every((key) => now.data?.[key] === before.data?.[key])) return;
  if (keys.some((key) => now.data?.[key] !== values[key]?.reveal())) throw meddled(ctx, before);
  const others = Object.keys(now.data ?? {}).some((key) => !keys.includes(key));
  if (before.data === undefined && !others) return drop(now, ctx);
  const old = keys.map((key) => [key, before.data?.[key] ?? null] as const);
  await change(now, Object.fromEntries(old), ctx);
}

function meddled(ctx: KvContext, { engine }: Stored): RotateError {
  return new RotateError(`${dataPath(ctx, engine)} was changed by somebody else`, {
    code: "CONFLICT",
    retryable: false,
    noEffect: true,
    hint: "what stands there now is left alone; look who else writes it",
  });
}

/** A version that we made where none was: deleted as `vault kv delete` does it, so that it can be brought back. */
async function drop({ engine, version }: Stored, ctx: KvContext): Promise<void> {
  const path = dataPath(ctx, engine);
  const request =
    engine === "kv1"
      ? ({ verb: "DELETE", path } as const)
      : ({ verb: "POST", path: path.replace(/\/data\//, "/delete/"), json: { versions: [version] } } as const);
  const answer = await send(ctx, { ...request, token: ctx.login.token });
  if (answer.ok) return;
  const message = `cannot take back what was written to ${path}: ${said(answer)}`;
  const error = httpRefusal(writeRefusals, answer, { message, said: said(answer) });
  const capability = engine === "kv1" ? "delete" : "update";
  throw await explainDenied(error, { path: request.path, capability }, ctx);
}
