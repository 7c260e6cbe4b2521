import { RotateError, type Secret } from "@rotate/plugin-kit";
import type { VaultContext } from "../options.ts";

/** A token that others put into a file, read anew at each login. Throws INVALID with `hint` when it is empty, and what `ctx.readFile` throws. */
export async function readTokenFile(path: string, hint: string, ctx: VaultContext): Promise<Secret> {
  const text = (await ctx.readFile(path, { what: "token file", hint })).trim();
  if (text !== "") return ctx.secret(text, "token file");
  throw new RotateError(`the token file ${path} is empty`, { code: "INVALID", retryable: true, hint });
}
