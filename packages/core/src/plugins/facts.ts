/** What a part of a program says of itself beside what it does: where it can work, and what it stands on. */
import { isAbsolute, join } from "node:path";
import type { Context, LocalPlace, PartFacts } from "@rotate/plugin-kit";
import { type Ask, given, when } from "./ask.ts";
import type { DescribedPart } from "./describe.ts";
import { badFrame } from "./frames.ts";
import { isWhole, targetWith } from "./target-with.ts";

type Facts = Pick<PartFacts<unknown>, "scope" | "reads" | "follows">;

/** As a built-in part would say it. */
export function factsOf(part: DescribedPart, ask: Ask): Facts {
  const { reads } = part;
  return {
    ...given(part, "scope"),
    ...(reads && { reads: (options: unknown, env: Env) => reads.flatMap((words) => placeOf(words, options, env)) }),
    ...when(part, "follows", {
      follows: async (ctx: Context) => placesOf(await ask("follows", {}, ctx)),
    }),
  };
}

type Env = Readonly<Record<string, string | undefined>>;

/** A place of `reads`. None where an option that it names is absent, or is read from elsewhere: then the engine knows from where. */
export function placeOf(words: string, options: unknown, { HOME }: Env): readonly LocalPlace[] {
  if (!isWhole(words, options)) return [];
  const path = targetWith(words, options);
  const whole = path.startsWith("~/") ? join(HOME ?? "", path.slice(2)) : path;
  return isAbsolute(whole) ? [{ path: whole }] : [];
}

/** Throws BAD_ANSWER for what is no list of absolute paths. */
function placesOf(answer: unknown): readonly LocalPlace[] {
  if (!Array.isArray(answer)) throw badFrame("its answer to follows is no list");
  return answer.map((path: unknown) => {
    if (typeof path !== "string" || !isAbsolute(path) || path.includes("\0"))
      throw badFrame("what it follows is no absolute path");
    return { path };
  });
}
