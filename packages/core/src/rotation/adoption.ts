import { isVirtual } from "../credential/environment.ts";
import type { Rotation } from "../loading/model.ts";

/**
 * Did the success of every reload show that its consumer holds the new credential? Without any reload nothing was shown, unless nothing is written anywhere, and all that
 * use it go through endpoints that know when a session ends, or are given it one by one: whom that is noted of keeps it, and nobody else has it.
 */
export function adoptionShown({ reloads, sinks, served }: Rotation): boolean {
  if (reloads.length > 0) return reloads.every(({ part, options }) => part.adopts(options));
  if (!sinks.every(isVirtual) || served?.pulls === true) return false;
  return served?.sessions === true || sinks.length > 0;
}
