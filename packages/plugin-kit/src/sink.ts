import type { Context } from "./context.ts";
import type { LoggedIn, Login, NoLoginAbove } from "./login.ts";
import type { PartFacts } from "./part.ts";
import type { Infer, ObjectSchema, OnlySchemaWords } from "./schema.ts";
import type { Secret } from "./secret.ts";

/** The rendered templates, by the keys of `values` in the spec. A sink never sees the credential itself. */
export type Values = Readonly<Record<string, Secret>>;

/** What a sink's `check` and `prepare` are told beside the usual. */
export interface SinkContext<Options = unknown, L = unknown> extends LoggedIn<Options, L> {
  /** This rotation has written the target before: it is not taken over from anybody. */
  readonly ours?: boolean;
  /** The keys of `values` that will be written: what stands in the way of one is found before the mint. */
  readonly keys?: readonly string[];
  /** In `check`: what will be written may look like this, by key. No value is real, but each has the shape that its template gives it. */
  readonly samples?: Values;
  /** In `check`: about so many milliseconds lie between two writes. Absent: nobody can tell yet. */
  readonly every?: number;
  /** Names this sink of this rotation, the same in every process: what is staged under it is nobody else's while the rotation's lock is held. */
  readonly mark?: string;
  /** The same object in calls that belong together: what was seen of a place under it may be believed in the next. Absent: look anew. */
  readonly tick?: object;
  /** What `made` told after an earlier process wrote this target. */
  readonly made?: string;
}

/** A write that is ready. Nothing has changed yet. `Ctx`: what its two calls need; `LoggedIn` where the sink logs in. */
export interface Prepared<Ctx = Context> {
  /** False when the target already holds exactly this: `commit` is then not called. */
  readonly changed: boolean;
  /**
   * Makes the change. A throw with TIMEOUT, UNAVAILABLE or BAD_ANSWER means that the outcome is unknown, any other throw that nothing was written.
   * CONFLICT: the target changed since `prepare`; the engine prepares again.
   */
  readonly commit: (ctx: Ctx) => Promise<void>;
  /**
   * Leaves our keys as `prepare` found them, whether `commit` ran, failed half-way or never ran (then it only tidies up).
   * Throws CONFLICT if somebody else changed them meanwhile. Absent: the write cannot be taken back.
   */
  readonly undo?: (ctx: Ctx) => Promise<void>;
  /**
   * After `commit`: a mark of what stands there now, for `ctx.made` of later processes, when it was made anew by us and took over nothing. It must differ as soon as
   * anybody has changed that. No secret. Undefined: nothing can be told.
   */
  readonly made?: () => string | undefined;
  /** Called once when neither `commit` nor `undo` comes any more: for what is kept outside of this process. Throws nothing. */
  readonly release?: () => void;
}

/** A sink as its author writes it: a place that the rendered values are written to. Without `read` its drift is not seen; without `undo` it is written last. */
export interface SinkDefinition<O, L = NoLoginAbove> extends PartFacts<Infer<O>> {
  /** The word in the spec. */
  readonly type: string;
  readonly options: O & OnlySchemaWords<O>;
  /** What a key of `values` may be (a regular expression for the whole key). Absent: the sink takes no `values`; its templates are secret options. */
  readonly keys?: { readonly pattern: string; readonly description: string };
  /**
   * For a store that has no compare-and-swap: so long, in milliseconds, a write whose answer was lost may still land, over whatever was written since. Until then
   * what it carried counts as held there. Not needed where `commit` is conditional and `fence` makes a late one fail.
   */
  readonly lateWrites?: number;
  /** The one place this writes, in words that identify it. Pure: used by plan, and to refuse two writers of one key. */
  target(options: Infer<O>): string;
  /** Environment variables that win over what is written under these keys, with the programs that read this. Pure. Absent: none do. */
  shadowedBy?(keys: readonly string[], options: Infer<O>): readonly string[];
  /** Proves who we are. Its answer is `ctx.login` of all methods below, `undo` included. Write it above them. */
  login?(ctx: Context<Infer<O>>): Promise<L>;
  /** Lengthens the login at 2/3 of its life; when it fails, `login` runs again. */
  keepAlive?(ctx: LoggedIn<Infer<O>, L>): Promise<NoInfer<L>>;
  /** Could a write work now? Changes nothing. */
  check?(ctx: SinkContext<Infer<O>, L>): Promise<void>;
  /** Does everything that can fail, except the change itself. */
  prepare(values: Values, ctx: SinkContext<Infer<O>, L>): Promise<Prepared<LoggedIn<Infer<O>, NoInfer<L>>>>;
  /** What those keys hold now; a missing key is left out. Drift is seen through it. */
  read?(keys: readonly string[], ctx: LoggedIn<Infer<O>, L>): Promise<Values>;
  /**
   * What the surroundings tell of the target without reading it: another text whenever it may hold something else than before. Undefined: nothing can be told, read it.
   * Never asked in place of a look that something is written or revoked after. `options` as they stand in the spec: what is a reference there is one here.
   */
  stamp?(options: unknown): string | undefined;
  /**
   * Removes what an earlier process staged for this target under `ctx.mark` and did not live to remove. Called under the rotation's lock, with
   * nothing of this sink prepared. Changes nothing else.
   */
  tidy?(ctx: SinkContext<Infer<O>, L>): Promise<void>;
  /**
   * Makes a write of an earlier `commit` that may still be on its way fail when it arrives, without changing a value (for a remote target: a new resourceVersion).
   * A throw keeps the doubt: throw where the place refuses no late write. Whoever takes over from a process that may only be stopped lets its credential expire then.
   */
  fence?(ctx: LoggedIn<Infer<O>, L>): Promise<void>;
}

type Own = "options" | "scope" | "reads" | "follows" | "writes" | "clusterRights" | "target" | "login" | "keepAlive";
/** How the content of a sink's file is edited, for whoever writes the file in another process. All pure. */
export interface FileEditing {
  /** Its own, without those that all file sinks share. */
  readonly options: ObjectSchema;
  readonly edit: (before: Buffer | undefined, values: Values, options: unknown) => Buffer | string;
  readonly read?: (content: Buffer, keys: readonly string[], options: unknown) => Readonly<Record<string, string>>;
}

/** A sink as the engine sees it. */
export interface Sink extends Omit<SinkDefinition<ObjectSchema>, Own>, PartFacts<unknown> {
  readonly options: ObjectSchema;
  target(options: unknown): string;
  shadowedBy?(keys: readonly string[], options: unknown): readonly string[];
  login?(ctx: Context): Promise<Login>;
  keepAlive?(ctx: LoggedIn): Promise<Login>;
  check?(ctx: SinkContext): Promise<void>;
  prepare(values: Values, ctx: SinkContext): Promise<Prepared<LoggedIn>>;
  read?(keys: readonly string[], ctx: LoggedIn): Promise<Values>;
  tidy?(ctx: SinkContext): Promise<void>;
  fence?(ctx: LoggedIn): Promise<void>;
  /** Of one that `defineFileSink` made. */
  readonly fileSink?: FileEditing;
}

/** Checks a sink's definition against its own schema at compile time, and gives the engine's view of it. */
export function defineSink<const O extends ObjectSchema, L extends Login | NoLoginAbove = NoLoginAbove>(
  definition: SinkDefinition<O, L>,
): Sink {
  return definition as unknown as Sink;
}
