/** What all parts of a program have in common. */
import { beforehand, type Context, isSecret } from "@rotate/plugin-kit";
import { isReference, isTemplateOption } from "@rotate/runtime";
import type { Serve } from "./asks.ts";
import type { DescribedPart } from "./describe.ts";
import { badFrame, isFrame, type Frame } from "./frames.ts";
import type { Program } from "./program.ts";

/** Calls a verb of one part. */
export type Ask = (verb: string, body: Frame, ctx: Context) => Promise<unknown>;

/** What a package gets beside the call, and may ask for while it lasts. Absent: a program, which does all by itself. */
export type Provisions = (
  part: DescribedPart,
  options: Frame,
  ctx: Context,
) => { readonly serve: Serve; readonly body: Frame };

/** Calls with the options, secret ones read anew and in clear: they go to the program's standard input and nowhere else. */
export function askWith(
  program: Program,
  {
    path,
    part,
    provide,
  }: { readonly path: string; readonly part: DescribedPart; readonly provide?: Provisions | undefined },
): Ask {
  return async (call, body, ctx) => {
    const options = (await beforehand(() => revealed(ctx.options, ctx))) as Frame;
    const provided = provide?.(part, options, ctx);
    return program.call({ call, part: path, options, ...provided?.body, ...body }, ctx, provided?.serve);
  };
}

/** The same with every secret in clear, at any depth: for the program's standard input. */
export async function revealed(value: unknown, ctx: Context): Promise<unknown> {
  if (isReference(value) || isTemplateOption(value)) return (await ctx.resolve(value as never)).reveal();
  if (isSecret(value)) return value.reveal();
  if (Array.isArray(value)) return Promise.all(value.map((item) => revealed(item, ctx)));
  if (!isFrame(value)) return value;
  const entries = Object.entries(value).map(async ([key, item]) => [key, await revealed(item, ctx)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** A verb that the program has; a part without it has no such method. */
export function when<M extends object>({ verbs }: DescribedPart, verb: string, method: M): M | {} {
  return verbs.includes(verb) ? method : {};
}

/** Throws BAD_ANSWER for an answer where null is due. */
export function nothing(answer: unknown): void {
  if (answer !== null) throw badFrame("it answered something where null is due");
}

/** Those of the keys that the part has. */
export function given<const K extends keyof DescribedPart>(
  part: DescribedPart,
  ...keys: readonly K[]
): Pick<DescribedPart, K> {
  const entries = keys.flatMap((key) => (part[key] === undefined ? [] : [[key, part[key]] as const]));
  return Object.fromEntries(entries) as Pick<DescribedPart, K>;
}
