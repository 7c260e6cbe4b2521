import type { Context } from "./context.ts";
import type { PartFacts } from "./part.ts";
import type { Infer, ObjectSchema, OnlySchemaWords } from "./schema.ts";
import type { Start } from "./start.ts";

/** What changed. Comes from the journal, so that an owed reload of last week gets the same. No secrets. */
export interface ReloadEvent {
  readonly rotation: string;
  readonly reason: "rotated" | "rolled-back" | "owed";
  readonly fingerprint: string;
  readonly expiresAt: Date | "never";
  /** Only the sinks that were written. */
  readonly written: readonly WrittenSink[];
}

/** A sink that was, or will be, written. */
export interface WrittenSink {
  readonly type: string;
  readonly target: string;
  readonly keys: readonly string[];
}

/** A reload as its author writes it: an act that makes a consumer pick up what was written. */
export interface ReloadDefinition<O> extends PartFacts<Infer<O>> {
  /** The word in the spec. */
  readonly type: string;
  readonly options: O & OnlySchemaWords<O>;
  /** How a first spec comes to name it. */
  readonly start?: Start;
  /** Does success of `run` show that the consumer holds the new credential (a restart), or only that it was told (a signal)? The previous lease is revoked only when it was shown. */
  adopts(options: Infer<O>): boolean;
  /** Could it run now, and would it make the consumer see what these sinks get? Changes nothing. */
  check?(ctx: Context<Infer<O>>, planned?: readonly WrittenSink[]): Promise<void>;
  /** Resolves when the consumer took the signal. May be repeated: at least once, never at most once. */
  run(event: ReloadEvent, ctx: Context<Infer<O>>): Promise<void>;
}
/** A reload as the engine sees it. */
export interface Reload
  extends
    Omit<ReloadDefinition<ObjectSchema>, "options" | "scope" | "reads" | "follows" | "writes" | "clusterRights">,
    PartFacts<unknown> {
  readonly options: ObjectSchema;
  adopts(options: unknown): boolean;
  check?(ctx: Context, planned?: readonly WrittenSink[]): Promise<void>;
  run(event: ReloadEvent, ctx: Context): Promise<void>;
}

/** Checks a reload's definition against its own schema at compile time, and gives the engine's view of it. */
export function defineReload<const O extends ObjectSchema>(definition: ReloadDefinition<O>): Reload {
  return definition;
}
