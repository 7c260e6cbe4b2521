import { EngineError } from "@rotate/core";
import { span } from "./output/time.ts";

/** Less is left than was asked for: how much, in words. @param expiresAt RFC 3339; absent: never. `now`: ms since 1970, `wanted`: ms */
export function shortage(
  expiresAt: string | undefined,
  { now, wanted }: { readonly now: number; readonly wanted: number },
): string | undefined {
  const left = expiresAt === undefined ? Infinity : Date.parse(expiresAt) - now;
  if (left >= wanted) return undefined;
  return `${left > 0 ? `${span(left)} left` : "it has ended"}, ${span(wanted)} asked for`;
}

/** The error for who will not do with less. */
export function tooShort(message: string): EngineError {
  return new EngineError(message, {
    code: "ROTATE_CREDENTIAL_SHORT",
    exitCode: 1,
    hint: "it is replaced early once half of its life is over: ask for a longer `ttl`, or for less with --min-remaining",
  });
}
