/** What the sentences about sinks have in common: a login, a write, a look at what came of it. */
import { isRotateError, type LoggedIn, type Prepared, type Sink } from "@rotate/plugin-kit";
import { sinkValues, type TestContext } from "../context.ts";
import type { Way } from "../faults/fault.ts";
import { contextOn, type Harness, type Rule, type Stage } from "./contract.ts";

/** By destination key. */
export type Texts = Readonly<Record<string, string>>;

/** A working target for one test. */
export interface SinkStage extends Stage {
  /** What to write first, by destination key, and what next: the same keys, other texts of six characters or more. `{}` for a sink without `values`. */
  readonly values: readonly [Texts, Texts];
}

/** What `sinkContract` needs to know of a sink. */
export interface SinkHarness<S extends SinkStage = SinkStage> extends Harness<S> {
  readonly sink: Sink;
  /** The whole target as it is now, to be compared with `deepEqual`: bytes and mode of a file, data of an object. Without what the system changes by itself. Undefined: not there. May be a promise. */
  readonly snapshot: (stage: S) => unknown;
  /** Our keys as another program finds them in the target, by the outside's own means; a missing key is left out. */
  readonly readBack: (stage: S) => Promise<Texts> | Texts;
  /** Somebody else writes other texts to our keys. */
  readonly meddle: (stage: S) => Promise<void> | void;
  /** The way to the target, on which every message of a commit is spoilt, one after another: `openHttpWay` gives one. */
  readonly way?: (stage: S) => Way;
  /** What it wrote cannot be read by anybody, so that it cannot see that nothing is to be changed, and writes again. */
  readonly blind?: true;
}

/** A sentence about sinks. */
export type SinkRule = Rule<SinkHarness, SinkStage>;
/** A sink, and a context that it is called with. */
export interface Scene {
  readonly sink: Sink;
  readonly ctx: TestContext;
}

/** A context with a login of its own, as another process would have it. */
export async function scene({ sink }: SinkHarness, stage: SinkStage, timeout?: number): Promise<Scene> {
  const ctx = contextOn(sink.options, stage, timeout);
  return { sink, ctx: { ...ctx, login: await sink.login?.(ctx) } };
}

/** Prepares a write. Throws what the sink throws. */
export function prepare({ sink, ctx }: Scene, texts: Texts): Promise<Prepared<LoggedIn>> {
  return sink.prepare(sinkValues(texts), ctx);
}

/** Prepares, and commits where something is to be changed. */
export async function write(at: Scene, texts: Texts): Promise<Prepared<LoggedIn>> {
  const prepared = await prepare(at, texts);
  if (prepared.changed) await prepared.commit(at.ctx);
  return prepared;
}

/** The code of the RotateError that a call throws, or what else became of it. */
export async function codeOf(call: () => Promise<unknown>): Promise<string> {
  try {
    await call();
    return "no error";
  } catch (error) {
    return isRotateError(error) ? error.code : `not a RotateError: ${String(error)}`;
  }
}
