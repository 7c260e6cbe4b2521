import type { Context, Values } from "@rotate/plugin-kit";
import { badFrame, isFrame } from "./frames.ts";

/** What a sink read, as values. Throws BAD_ANSWER for keys that it was not asked for. */
export function valuesOf(answer: unknown, keys: readonly string[], ctx: Context): Values {
  if (!isFrame(answer)) throw badFrame("its answer to read is no object");
  const values = Object.entries(answer).map(([key, value]) => {
    if (typeof value !== "string" || !keys.includes(key))
      throw badFrame("it read what it was not asked for, or no text");
    return [key, ctx.secret(value, key)] as const;
  });
  return Object.fromEntries(values);
}
