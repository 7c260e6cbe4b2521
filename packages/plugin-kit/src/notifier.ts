import type { Context } from "./context.ts";
import type { PartFacts } from "./part.ts";
import type { Infer, ObjectSchema, OnlySchemaWords } from "./schema.ts";

/** What is told: how bad it is, the worst first; last, that it is over. */
export const alarmSteps = [
  "expired",
  "expiring",
  "reload-owed",
  "failed",
  "cannot-serve",
  "drift",
  "orphaned",
  "at-risk",
  "mints-above-expected",
  "notifier-failed",
  "recovered",
] as const;

/** One of `alarmSteps`. */
export type AlarmStep = (typeof alarmSteps)[number];

/** One message for what one or many rotations are in trouble for. Instants are RFC 3339. No secrets. */
export interface Alarm {
  /** The trouble's: the same from its first message to its last, for receivers that group and resolve by it. */
  readonly id: string;
  /** This message's: the same when it has to be sent again because nobody knows whether it arrived. Two with one `delivery` are one. */
  readonly delivery: string;
  readonly step: AlarmStep;
  readonly status: "firing" | "resolved";
  /** Nothing has changed: it lasts. */
  readonly reminder: boolean;
  readonly host: string;
  /** The spec's path. */
  readonly spec: string;
  readonly at: string;
  /** In one line, without host and step. */
  readonly title: string;
  /** For people, in a few lines: what, why, until when, what to do. */
  readonly text: string;
  readonly cause: AlarmCause;
  /** Those that this message is about, the worst first; of very many the first. */
  readonly rotations: readonly string[];
  /** How each of `rotations` is, by its name: `step` is the worst of them. */
  readonly steps: Readonly<Record<string, AlarmStep>>;
  /** How many it is about. */
  readonly total: number;
}

/** Why, in the words of a report's cause. No secrets. */
export interface AlarmCause {
  /** `ROTATE_MINT_DENIED`, or in one word how the rotations stand. */
  readonly code: string;
  /** Its name in the spec; empty when it is not about a provider. */
  readonly provider: string;
  readonly message: string;
  readonly hint?: string;
  readonly docs?: string;
}

/** A notifier as its author writes it: somebody who is told when something is wrong. */
export interface NotifierDefinition<O> extends PartFacts<Infer<O>> {
  /** The word in the spec. */
  readonly type: string;
  readonly options: O & OnlySchemaWords<O>;
  /** Could a message be sent now? Sends none. */
  check?(ctx: Context<Infer<O>>): Promise<void>;
  /** Resolves when the receiver has taken it. What throws is tried again later: at least once, told apart by `delivery`. */
  send(alarm: Alarm, ctx: Context<Infer<O>>): Promise<void>;
}
/** A notifier as the engine sees it. */
export interface Notifier
  extends
    Omit<NotifierDefinition<ObjectSchema>, "options" | "scope" | "reads" | "follows" | "writes" | "clusterRights">,
    PartFacts<unknown> {
  readonly options: ObjectSchema;
  check?(ctx: Context): Promise<void>;
  send(alarm: Alarm, ctx: Context): Promise<void>;
}

/** Checks a notifier's definition against its own schema at compile time, and gives the engine's view of it. */
export function defineNotifier<const O extends ObjectSchema>(definition: NotifierDefinition<O>): Notifier {
  return definition;
}
