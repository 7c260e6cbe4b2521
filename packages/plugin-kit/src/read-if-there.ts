import type { Context, ReadInit } from "./context.ts";
import { isRotateError } from "./errors.ts";

/** `ctx.readFile` where a file may be missing: undefined then. Throws what `ctx.readFile` throws otherwise. */
export async function readIfThere(
  { readFile }: Pick<Context, "readFile">,
  path: string,
  init?: ReadInit,
): Promise<string | undefined> {
  try {
    return await readFile(path, init);
  } catch (error) {
    if (isRotateError(error) && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}
