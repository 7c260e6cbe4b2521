import { RotateError } from "@rotate/plugin-kit";
import { describeSecret, versionWith } from "./described.ts";
import type { SecretContext } from "./options.ts";
import { editText, readText } from "./text.ts";
import { current, move, readVersion, stage, type Version } from "./versions.ts";

/** A write as it was made ready. */
export interface Moved {
  readonly before: Version;
  /** The version that we stored, and what it holds. */
  readonly staged: string;
  readonly text: string;
  readonly previous: string | undefined;
  readonly label: string;
  readonly keys: readonly string[];
}

/**
 * Puts the labels back where they were. When another version is current by now, ours copied by a fence or what somebody else made of it, our keys in it are set back
 * in a version of their own: moving the label back would make a late write of ours good again.
 */
export async function undoMove(moved: Moved, ctx: SecretContext): Promise<void> {
  const { before, staged, previous, label } = moved;
  const secret = await describeSecret(ctx);
  const now = secret && versionWith(current, secret);
  if (secret === undefined || now === undefined) throw meddled(ctx);
  if (now === before.id) return move(label, { from: staged, to: undefined }, ctx);
  if (now !== staged) return setBack(moved, now, ctx);
  await move(current, { from: staged, to: before.id }, ctx);
  await move("AWSPREVIOUS", { from: staged, to: previous }, ctx);
  await move(label, { from: staged, to: undefined }, ctx);
}

async function setBack({ before, text, keys, label }: Moved, id: string, ctx: SecretContext): Promise<void> {
  const { format } = ctx.options;
  const now = await readVersion(ctx, id);
  const [seen, ours, old] = [now?.text ?? "", text, before.text].map((one) => readText(one, keys, format));
  if (now === undefined || keys.some((key) => seen![key] !== ours![key])) throw meddled(ctx);
  const back = Object.fromEntries(keys.map((key) => [key, old![key]]));
  await move(current, { from: id, to: await stage(await editText(now.text, back, format), label, ctx) }, ctx);
}

function meddled({ options: { secret } }: SecretContext): RotateError {
  return new RotateError(`${secret} was changed by somebody else`, {
    code: "CONFLICT",
    retryable: false,
    noEffect: true,
    hint: "what stands there now is left alone; look who else writes it",
  });
}
