import type { PartFacts } from "@rotate/plugin-kit";
import type { Bound, Rotation } from "./model.ts";

/** All parts that a rotation uses, its provider first. */
export function partsOf({
  provider,
  sinks,
  verify,
  reloads,
  health,
}: Pick<Rotation, "provider" | "sinks" | "verify" | "reloads" | "health">): readonly Bound<PartFacts<unknown>>[] {
  return [provider, ...sinks, ...verify, ...reloads, ...health];
}
