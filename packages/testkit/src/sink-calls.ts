import type { ErrorCode, LoggedIn, Login, Prepared, RotateError, Sink, Values } from "@rotate/plugin-kit";
import { createTestContext, sinkValues, type TestContext, type TestContextOptions } from "./context.ts";

/** Where a sink's calls go: the spec's options, with `more` in place of some of them, and what its contexts have. */
export interface SinkCallsOptions extends Pick<TestContextOptions<unknown, Login>, "clock" | "env"> {
  readonly options: (more: object) => object;
}

/** A sink's calls as the engine makes them, each with a context and a login of its own. `more`: options; `extra`: of the context, such as `keys` and `ours`. */
export interface SinkCalls {
  readonly logIn: (more?: object) => Promise<Login | undefined>;
  readonly ctx: (more?: object, extra?: object) => Promise<LoggedIn & TestContext>;
  readonly prepare: (texts: Readonly<Record<string, string>>, more?: object) => Promise<Prepared<LoggedIn>>;
  /** Prepares, and commits what changes. */
  readonly write: (texts: Readonly<Record<string, string>>, more?: object) => Promise<Prepared<LoggedIn>>;
  /** Gives the context, for its log. */
  readonly check: (more?: object, extra?: object) => Promise<TestContext>;
  readonly read: (keys: readonly string[], more?: object) => Promise<Values>;
}

/** The calls of a sink, with secrets as texts. */
export function sinkCalls(sink: Sink, { options, ...context }: SinkCallsOptions): SinkCalls {
  function bare(more: object = {}): TestContext {
    return createTestContext({ schema: sink.options, options: options(more), ...context });
  }
  async function logIn(more?: object): Promise<Login | undefined> {
    return sink.login?.(bare(more));
  }
  async function ctx(more?: object, extra: object = {}): Promise<LoggedIn & TestContext> {
    const made = bare(more);
    return { ...made, login: await sink.login?.(made), ...extra };
  }
  async function prepare(texts: Readonly<Record<string, string>>, more?: object): Promise<Prepared<LoggedIn>> {
    return sink.prepare(sinkValues(texts), await ctx(more));
  }
  return {
    logIn,
    ctx,
    prepare,
    async write(texts, more) {
      const prepared = await prepare(texts, more);
      if (prepared.changed) await prepared.commit(await ctx(more));
      return prepared;
    },
    async check(more, extra) {
      const made = await ctx(more, extra);
      await sink.check?.(made);
      return made;
    },
    read: async (keys, more) => (await sink.read?.(keys, await ctx(more))) ?? {},
  };
}

/** What a write meets, and what the sink makes of it. */
export interface WriteRefusal<Fault = unknown> {
  readonly name: string;
  readonly fault: Fault;
  readonly code: ErrorCode;
  readonly retryable?: true;
  readonly hint: RegExp;
  /** Something may have been written. */
  readonly unknown?: true;
}

/** What the error of such a write says of itself, beside its hint. */
export function effectOf({
  code,
  retryable,
  unknown,
}: WriteRefusal): Pick<RotateError, "code" | "retryable" | "noEffect"> {
  return { code, retryable: retryable === true, noEffect: unknown !== true };
}
