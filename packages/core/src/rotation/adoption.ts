import type { Rotation } from "../loading/model.ts";

/** Did the success of every reload show that its consumer holds the new credential? Without any reload nothing was shown. */
export function adoptionShown(rotation: Rotation): boolean {
  return rotation.reloads.length > 0 && rotation.reloads.every(({ part, options }) => part.adopts(options));
}
