import type { Source, Each } from "@rotate/runtime";
import type { Kind } from "../kinds.ts";
import type { SinkEntry } from "../model.ts";

/** The one key of an object that is more than data. A spec that has such a key itself is not frozen. */
export const mark = "\0";

/** A compiled spec as JSON. What many rotations have in common stands once, in `shared`; templates stand in `templates`. */
export interface FrozenSpec {
  readonly head: unknown;
  readonly providers: readonly (readonly [name: string, entry: unknown])[];
  readonly rotations: readonly FrozenRotation[];
  readonly shared: readonly unknown[];
  readonly templates: readonly string[];
  /** The parts that it names. */
  readonly parts: readonly PartName[];
}

/** A plugin's part by kind and type, to be found in the catalog again. */
export type PartName = readonly [kind: Kind, type: string];

/** A rotation's own data, and the place of the rest in `shared`. */
export interface FrozenRotation {
  readonly name: string;
  readonly hash: string;
  readonly provider: string;
  readonly request: unknown;
  readonly rest: number;
  readonly sinks: readonly FrozenSink[];
}

/** A sink's own data; `rest` is the place of what it has in common with others, in `shared`. */
export type FrozenSink = Pick<SinkEntry, "id" | "target" | "where"> & {
  readonly options: unknown;
  readonly rest: number;
};

/** What stands under the mark. */
export type Marked =
  | { readonly kind: "part"; readonly part: PartName }
  | { readonly kind: "reference"; readonly source: Source; readonly secret: boolean }
  | { readonly kind: "template" | "option" | "plain"; readonly template: number; readonly each?: Each };
