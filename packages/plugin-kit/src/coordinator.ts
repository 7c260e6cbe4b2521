import type { Context } from "./context.ts";
import type { PartFacts } from "./part.ts";
import type { Infer, ObjectSchema, OnlySchemaWords } from "./schema.ts";

/** The right of one consumer of a group to be away, as all machines see it. No secrets. */
export interface Permit {
  /** Who has it; empty: nobody. */
  readonly holder: string;
  /** When it came to this holder, and its last sign of life: both by the holder's clock, so nobody else compares them with its own. */
  readonly acquiredAt: Date;
  readonly renewedAt: Date;
  /** Another may take it when it was not renewed for so long, whole seconds in ms. */
  readonly lasts: number;
  /** How often it went from one holder to another. */
  readonly transitions: number;
  /** Its holder was reloaded and is not healthy: nobody waits for it, the rolling has stopped. */
  readonly unwell?: true;
}

/** A permit as it was read. */
export interface KeptPermit {
  readonly permit: Permit;
  /** Of the whole record: another one after each write, by whomever. Opaque. */
  readonly version: string;
}

/** A permit as it is to be written, over what was read. */
export interface NextPermit {
  readonly permit: Permit;
  readonly version: string | undefined;
}

/**
 * A coordinator as its author writes it: a place where machines see which consumers of a group are away. It only keeps records, each with a compare-and-swap that the
 * system behind it offers; who may take what, and when, is the engine's.
 */
export interface CoordinatorDefinition<O> extends PartFacts<Infer<O>> {
  /** The word in the spec. */
  readonly type: string;
  readonly options: O & OnlySchemaWords<O>;
  /** Could permits be read and written now? Changes nothing. @param permits how many there are */
  check?(permits: number, ctx: Context<Infer<O>>): Promise<void>;
  /** The permit of this number, from 0; undefined when it was never written. A refusal is never taken for absence. */
  read(permit: number, ctx: Context<Infer<O>>): Promise<KeptPermit | undefined>;
  /** Writes it where it still has that version, or is still absent when that is undefined. Gives the new version; undefined: somebody was faster. */
  write(permit: number, next: NextPermit, ctx: Context<Infer<O>>): Promise<string | undefined>;
}
/** A coordinator as the engine sees it. `clusterRights` is given the number of permits. */
export interface Coordinator
  extends
    Omit<CoordinatorDefinition<ObjectSchema>, "options" | "scope" | "reads" | "follows" | "writes" | "clusterRights">,
    PartFacts<unknown> {
  readonly options: ObjectSchema;
  check?(permits: number, ctx: Context): Promise<void>;
  read(permit: number, ctx: Context): Promise<KeptPermit | undefined>;
  write(permit: number, next: NextPermit, ctx: Context): Promise<string | undefined>;
}

/** Checks a coordinator's definition against its own schema at compile time, and gives the engine's view of it. */
export function defineCoordinator<const O extends ObjectSchema>(definition: CoordinatorDefinition<O>): Coordinator {
  return definition;
}
