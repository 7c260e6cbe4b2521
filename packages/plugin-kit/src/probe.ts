import type { Context } from "./context.ts";
import type { PartFacts } from "./part.ts";
import type { Infer, ObjectSchema, OnlySchemaWords } from "./schema.ts";

/** A probe as its author writes it: a check that something works, of the new credential (`verify`) or of its consumer (`health`). */
export interface ProbeDefinition<O> extends PartFacts<Infer<O>> {
  /** The word in the spec. */
  readonly type: string;
  readonly options: O & OnlySchemaWords<O>;
  /** Resolves when it works. It cannot tell `verify` from `health`: in `verify` its options were rendered with the new credential. */
  run(ctx: Context<Infer<O>>): Promise<void>;
}
/** A probe as the engine sees it. */
export interface Probe
  extends
    Omit<ProbeDefinition<ObjectSchema>, "options" | "scope" | "reads" | "follows" | "writes" | "clusterRights">,
    PartFacts<unknown> {
  readonly options: ObjectSchema;
  run(ctx: Context): Promise<void>;
}

/** Checks a probe's definition against its own schema at compile time, and gives the engine's view of it. */
export function defineProbe<const O extends ObjectSchema>(definition: ProbeDefinition<O>): Probe {
  return definition;
}
