import type { Kind } from "@rotate/plugin-kit/grammar";
import type { Path } from "./fault.ts";
import type { Place } from "./rewrite.ts";

export { kinds, type Kind, type Parts } from "@rotate/plugin-kit/grammar";

/** What a part of a kind is called: `provider`. */
export type KindWord<K extends Kind = Kind> = K extends `${infer Word}s` ? Word : never;

/** The same. */
export function kindWord<K extends Kind>(kind: K): KindWord<K> {
  return kind.slice(0, -1) as KindWord<K>;
}

/** Steps that any name, or any place of a list, stands for. */
const name = "*";
const item = "#";

/** A place where parts of a kind are configured. */
export interface PartPlaceRow extends Place {
  readonly kind: Kind;
  /** Ways to it from the top of the spec. */
  readonly at: readonly (readonly string[])[];
  /** What a plugin makes of its own options may be a secret, whatever its schema says: a webhook is its own password. */
  readonly isPrivate?: true;
}

/** Where parts stand in a spec, and what may stand in their options. Of the probes, only those of `verify` see the new credential; an endpoint sees the one that it gives. */
export const places = {
  providers: { kind: "providers", at: [["providers", name]], references: true, templates: false },
  reloads: {
    kind: "reloads",
    at: [
      ["reloads", name],
      ["rotations", name, "reload", item],
    ],
    references: true,
    templates: false,
  },
  verify: { kind: "probes", at: [["rotations", name, "verify", item]], references: true, templates: true },
  sinks: { kind: "sinks", at: [["rotations", name, "sinks", item]], references: true, templates: true },
  health: { kind: "probes", at: [["rotations", name, "health", item]], references: true, templates: false },
  notifiers: { kind: "notifiers", at: [["notify", item]], references: true, templates: false, isPrivate: true },
  endpoints: { kind: "endpoints", at: [["serve", name]], references: true, templates: true },
  groups: { kind: "coordinators", at: [["groups", name]], references: true, templates: false },
} as const satisfies Readonly<Record<string, PartPlaceRow>>;

/** The name of a place. */
export type PlaceName = keyof typeof places;

/** The table, row by row. */
export const placeRows = Object.entries(places) as readonly (readonly [PlaceName, PartPlaceRow])[];

/** Is this step of a way met by this step of a path? */
export function meets(step: string | undefined, given: Path[number] | undefined): boolean {
  if (step === name) return typeof given === "string";
  return step === item ? typeof given === "number" : step === given;
}
