import { isRotateError, meanings, RotateError, type Prepared, type Secret, reversible } from "@rotate/plugin-kit";
import { changedMeanwhile } from "@rotate/plugin-kit/stores";
import { createSecret, liveSecret, marked, patchSecret, type LiveSecret } from "./live.ts";
import { resourceName, type SecretContext } from "./options.ts";
import { retire, unlisted } from "./retire.ts";
import { addVersion, destroyVersion, type Version } from "./versions.ts";

/** A write for readers that take the version with an alias. */
export interface AliasWrite {
  readonly alias: string;
  /** Undefined: the secret was not there. */
  readonly live: LiveSecret | undefined;
  /** The version that had the alias. */
  readonly before: Version | undefined;
  readonly text: Secret;
}

/**
 * The version is added first, which no reader of the alias sees: keys, size and quota are asked for with it. Then the alias is moved, if nobody
 * changed the secret since: the etag holds it.
 */
export async function aliasWrite(
  write: AliasWrite,
  ctx: SecretContext,
): Promise<Pick<Prepared<SecretContext>, "commit" | "undo">> {
  let added = write.live === undefined ? undefined : await addVersion(write.text, ctx);
  return reversible<SecretContext>({
    async commit(now) {
      const live = write.live ?? (await createSecret(now));
      added ??= await addVersion(write.text, now);
      await move({ write, live, added }, now);
    },
    async undo(now) {
      if (added !== undefined) await moveBack({ write, added }, now);
    },
    async drop(now) {
      if (added !== undefined) await destroyVersion(added, now);
    },
  });
}

interface Move {
  readonly write: AliasWrite;
  readonly live: LiveSecret;
  readonly added: number;
}

async function move({ write: { alias, before }, live, added }: Move, ctx: SecretContext): Promise<void> {
  const { previous, keep } = ctx.options;
  const earlier = before === undefined ? {} : { [previous]: String(before.number) };
  const aliases = { ...live.aliases, ...earlier, [alias]: String(added) };
  const labels = marked(live);
  const annotations = await retire(live, { added, before: before?.number }, ctx);
  const change = { aliases, ...(keep !== undefined && { annotations }), ...(labels && { labels }) };
  try {
    await patchSecret(live, change, ctx);
  } catch (error) {
    if (isRotateError(error) && error.code === "CONFLICT") await destroyVersion(added, ctx);
    throw error;
  }
}

async function moveBack(
  { write: { alias, before, live: old }, added }: Omit<Move, "live">,
  ctx: SecretContext,
): Promise<void> {
  const live = await liveSecret(ctx);
  if (live === undefined) return;
  const now = live.aliases[alias];
  const was = before === undefined ? undefined : String(before.number);
  if (now !== was && now !== String(added)) throw changedMeanwhile(resourceName(ctx.options));
  if (now === String(added)) await patchSecret(live, restored({ live, old, alias, added }, ctx), ctx);
  await destroyVersion(added, ctx);
}

/**
 * Gives the secret another etag, so that a move of the alias that is still on its way is refused when it comes: an update without effect is enough
 * (cloud.google.com/secret-manager/docs/etags). Throws INVALID where readers take `latest`: what adds a version has no condition.
 */
export async function renewEtag(ctx: SecretContext): Promise<void> {
  if (ctx.options.alias === undefined)
    throw new RotateError(`${resourceName(ctx.options)}: a version that is added late becomes the latest`, {
      ...meanings.invalid,
      hint: "the write is made again, and waited for; with `alias`, a late one is refused",
    });
  const live = await liveSecret(ctx);
  if (live !== undefined) await patchSecret(live, { aliases: live.aliases }, ctx);
}

interface Back {
  readonly live: LiveSecret;
  readonly old: LiveSecret | undefined;
  readonly alias: string;
  readonly added: number;
}

/** The two aliases, our list and our label as they were; all else as it is now. */
function restored({ live, old, alias, added }: Back, { options: { previous } }: SecretContext) {
  const { [alias]: _new, [previous]: _moved, ...others } = live.aliases;
  const names = [alias, previous].flatMap((name) => {
    const number = old?.aliases[name];
    return number === undefined ? [] : [[name, number] as const];
  });
  const { "managed-by": owner, ...labels } = live.labels;
  const isOurs = owner === "rotate" && old !== undefined && old.labels["managed-by"] === undefined;
  return {
    aliases: { ...others, ...Object.fromEntries(names) },
    annotations: unlisted(live, added),
    ...(isOurs && { labels }),
  };
}
