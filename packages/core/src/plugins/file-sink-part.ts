/** A sink of a file by others: they say how its content is edited, and our writer does the rest. */
import { isRotateError, RotateError, type Sink, type SinkContext, type Values } from "@rotate/plugin-kit";
import {
  checkFile,
  type FileOptions,
  fileSinkSchema,
  likelyValues,
  readTarget,
  stageFile,
  stampOfFile,
  tidyFile,
} from "@rotate/plugin-kit/files";
import { type Ask, given, revealed, when } from "./ask.ts";
import type { DescribedPart } from "./describe.ts";
import { factsOf } from "./facts.ts";
import { badFrame, isFrame } from "./frames.ts";
import { valuesOf } from "./values-of.ts";

/** As the schema of file sinks has them. */
type Options = Partial<FileOptions> & { readonly path: string };

function optionsIn({ options }: Pick<SinkContext, "options">): Options {
  return options as Options;
}

/** How often it is edited anew when somebody else changes the file meanwhile. */
const maxTurns = 3;

/** A sink that says `edit`. */
export function fileSinkOf(part: DescribedPart, ask: Ask): Sink {
  async function edited(before: Buffer | undefined, values: Values, ctx: SinkContext): Promise<Buffer> {
    const body = { before: before?.toString("base64") ?? null, values: await revealed(values, ctx) };
    return contentOf(await ask("edit", body, ctx));
  }
  return {
    type: part.type,
    options: fileSinkSchema(part.options),
    ...factsOf(part, ask),
    ...given(part, "keys"),
    target: (options) => optionsIn({ options }).path,
    async check(ctx) {
      const options = optionsIn(ctx);
      const content = await edited(await readTarget(options.path), likelyValues(ctx), ctx);
      await checkFile(options.path, { ...options, ctx, edit: () => content });
    },
    async prepare(values, ctx) {
      const options = optionsIn(ctx);
      for (let turn = 1; ; turn++) {
        const before = await readTarget(options.path);
        const content = await edited(before, values, ctx);
        try {
          return await stageFile(options.path, (now) => unlessChanged(options.path, { before, now, content }), {
            ...options,
            ctx,
          });
        } catch (error) {
          if (!isRotateError(error) || error.code !== "CONFLICT" || turn === maxTurns) throw error;
        }
      }
    },
    ...when(part, "read", {
      async read(keys: readonly string[], ctx: SinkContext) {
        const content = await readTarget(optionsIn(ctx).path);
        if (content === undefined) return {};
        return valuesOf(await ask("read", { keys, content: content.toString("base64") }, ctx), keys, ctx);
      },
    }),
    stamp: stampOfFile,
    tidy: (ctx) => tidyFile(optionsIn(ctx).path, ctx),
  };
}

function contentOf(answer: unknown): Buffer {
  const after = isFrame(answer) && Object.keys(answer).length === 1 ? answer["after"] : undefined;
  if (typeof after !== "string" || !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(after))
    throw badFrame("its answer to edit has no `after` in Base64");
  return Buffer.from(after, "base64");
}

interface Turn {
  readonly before: Buffer | undefined;
  readonly now: Buffer | undefined;
  readonly content: Buffer;
}

/** The edit was asked of what stood there before. Throws CONFLICT: the engine prepares again. */
function unlessChanged(path: string, { before, now, content }: Turn): Buffer {
  const isSame = before === undefined ? now === undefined : now?.equals(before) === true;
  if (isSame || now?.equals(content) === true) return content;
  throw new RotateError(`${path} was changed by somebody else meanwhile`, {
    code: "CONFLICT",
    retryable: true,
    hint: "it is edited again",
  });
}
