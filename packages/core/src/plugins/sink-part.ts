import { type LoggedIn, type Prepared, reversible, RotateError, type Sink, type SinkContext } from "@rotate/plugin-kit";
import { type Ask, given, nothing, revealed, when } from "./ask.ts";
import type { DescribedPart } from "./describe.ts";
import { factsOf } from "./facts.ts";
import { fileSinkOf } from "./file-sink-part.ts";
import { badFrame, isFrame, type Frame } from "./frames.ts";
import { loginIn, loginVerbs } from "./login-frames.ts";
import type { Program } from "./program.ts";
import { targetWith } from "./target-with.ts";
import { valuesOf } from "./values-of.ts";

/** What `prepare` may leave for `commit` and `undo`, bytes. */
const maxState = 256 * 1024;

/** A sink of a program, in the shape of a built-in one. */
export function sinkOf(part: DescribedPart, ask: Ask, program: Program): Sink {
  if (part.file !== undefined) return fileSinkOf(part, ask);
  const { type, options, target = "" } = part;
  return {
    type,
    options,
    ...factsOf(part, ask),
    ...given(part, "keys", "lateWrites"),
    target: (values) => targetWith(target, values),
    prepare: async (values, ctx) =>
      preparedOf(part, ask, {
        program,
        answer: await ask(
          "prepare",
          { values: await revealed(values, ctx), ours: ctx.ours === true, ...markOf(ctx), ...loginIn(ctx) },
          ctx,
        ),
      }),
    ...loginVerbs(part, ask),
    ...when(part, "check", {
      check: async (ctx: SinkContext) =>
        nothing(
          await ask(
            "check",
            {
              ours: ctx.ours === true,
              ...(ctx.keys && { keys: ctx.keys }),
              ...(ctx.every && { every: ctx.every }),
              ...(ctx.samples && { samples: await revealed(ctx.samples, ctx) }),
              ...loginIn(ctx),
            },
            ctx,
          ),
        ),
    }),
    ...when(part, "read", {
      read: async (keys: readonly string[], ctx: LoggedIn) =>
        valuesOf(await ask("read", { keys, ...loginIn(ctx) }, ctx), keys, ctx),
    }),
    ...when(part, "fence", { fence: async (ctx: LoggedIn) => nothing(await ask("fence", loginIn(ctx), ctx)) }),
  };
}

function markOf({ mark }: SinkContext): Frame {
  return mark === undefined ? {} : { mark };
}

function preparedOf(
  part: DescribedPart,
  ask: Ask,
  { answer, program }: { readonly answer: unknown; readonly program: Program },
): Prepared<LoggedIn> {
  if (!isFrame(answer) || typeof answer["changed"] !== "boolean")
    throw badFrame("its answer to prepare has no `changed`");
  const { changed, undo = false, state = null, kept, ...others } = answer;
  if (typeof undo !== "boolean" || Object.keys(others).length > 0 || (kept !== undefined && !program.keeps))
    throw badFrame("its answer to prepare has more than `changed`, `undo` and `state`");
  if (undo && !part.verbs.includes("undo")) throw badFrame("it promises an undo and has no such verb");
  if (Buffer.byteLength(JSON.stringify(state)) > maxState) throw badFrame("its state is larger than 256 KiB");
  if (kept !== undefined) return keptIn({ kept, undo, changed }, { ask, program });
  const write = reversible<LoggedIn>({
    commit: async (ctx) => nothing(await ask("commit", { state, ...loginIn(ctx) }, ctx)),
    undo: async (ctx) => nothing(await ask("undo", { state, begun: true, ...loginIn(ctx) }, ctx)),
    drop: async (ctx) => nothing(await ask("undo", { state, begun: false, ...loginIn(ctx) }, ctx)),
  });
  return { changed, commit: write.commit, ...(undo && { undo: write.undo }) };
}

/** What a package's sink has prepared lives in its process: that is kept until it is released. When it was lost, nothing that was not begun has to be undone. */
function keptIn(
  { kept, undo, changed }: { readonly kept: unknown; readonly undo: boolean; readonly changed: boolean },
  { ask, program }: { readonly ask: Ask; readonly program: Program },
): Prepared<LoggedIn> {
  let unpin: ReturnType<Program["pin"]> | undefined = program.pin();
  /** False: it was lost. */
  async function takenBack(ctx: LoggedIn): Promise<boolean> {
    const answer = await ask("undo", { kept, ...loginIn(ctx) }, ctx);
    if (answer === lostMark) return false;
    nothing(answer);
    return true;
  }
  const write = reversible<LoggedIn>({
    commit: async (ctx) => nothing(await ask("commit", { kept, ...loginIn(ctx) }, ctx)),
    undo: async (ctx) => {
      if (!(await takenBack(ctx))) throw cannotUndo();
    },
    drop: async (ctx) => void (await takenBack(ctx)),
  });
  return {
    changed,
    commit: write.commit,
    ...(undo && { undo: write.undo }),
    release() {
      unpin?.({ release: kept });
      unpin = undefined;
    },
  };
}

/** What a host answers when it keeps nothing of that name. */
const lostMark = "lost";

function cannotUndo(): RotateError {
  return new RotateError("it could not be undone: the plugin's process, which kept what was there before, ended", {
    code: "FAILED",
    retryable: false,
    hint: "the next run writes the target anew",
  });
}
