import { reversible, type Prepared, type Secret } from "@rotate/plugin-kit";
import { changedMeanwhile } from "@rotate/plugin-kit/stores";
import { createSecret } from "./live.ts";
import { resourceName, type SecretContext } from "./options.ts";
import { retireAfter } from "./retire.ts";
import { addVersion, destroyVersion, newestFrom, type Version } from "./versions.ts";

/** A write for readers that take `latest`. */
export interface LatestWrite {
  /** The secret was there. */
  readonly exists: boolean;
  /** The newest version when we looked. */
  readonly before: Version | undefined;
  readonly text: Secret;
}

/** Nothing holds an added version by what was there before: who adds last is `latest`. */
export function latestWrite(write: LatestWrite): Pick<Prepared<SecretContext>, "commit" | "undo"> {
  return reversible<SecretContext>({ commit: (ctx) => add(write, ctx), undo: (ctx) => takeBack(write, ctx) });
}

async function add({ exists, before, text }: LatestWrite, ctx: SecretContext): Promise<void> {
  if (!exists) await createSecret(ctx);
  else if ((await newestFrom(before, ctx)) !== before) throw changedMeanwhile(resourceName(ctx.options));
  const added = await addVersion(text, ctx);
  if (added !== (before?.number ?? 0) + 1) {
    const remedy = "what they wrote is no longer the latest: find out who it was";
    ctx.log.warn("somebody else added a version at the same moment", { path: resourceName(ctx.options), remedy });
  }
  await retireAfter({ added, before: before?.number }, ctx);
}

/** `latest` is the newest version even where that is destroyed: what was there before can only be added once more. */
async function takeBack({ before, text }: LatestWrite, ctx: SecretContext): Promise<void> {
  const newest = await newestFrom(before, ctx);
  if (newest === undefined || newest === before) return;
  if (newest.text !== text.reveal()) {
    if (newest.text !== undefined && newest.text === before?.text) return;
    throw changedMeanwhile(resourceName(ctx.options));
  }
  if (before?.text === undefined) await destroyVersion(newest.number, ctx);
  else await addVersion(ctx.secret(before.text, "earlier value"), ctx);
}
