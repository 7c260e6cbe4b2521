import type { Rotation } from "../loading/model.ts";

/**
 * Did the success of every reload show that its consumer holds the new credential? Without any reload nothing was shown, unless all that use it go through endpoints
 * that know when a session ends.
 */
export function adoptionShown({ reloads, sinks, served }: Rotation): boolean {
  if (reloads.length === 0) return sinks.length === 0 && served?.sessions === true && !served.pulls;
  return reloads.every(({ part, options }) => part.adopts(options));
}
