import { isRotateError } from "@rotate/plugin-kit";
import { liveSecret, patchSecret, type LiveSecret } from "./live.ts";
import { resourceName, type SecretContext } from "./options.ts";
import { destroyVersion } from "./versions.ts";

/** The annotation that lists the versions which rotate wrote and may destroy. */
const listing = "rotate-versions";

/** The versions that rotate wrote, newest first, as the secret itself says. */
function written({ annotations }: LiveSecret): readonly number[] {
  const numbers = (annotations[listing] ?? "").split(",").map(Number);
  return numbers.filter((number) => Number.isSafeInteger(number) && number > 0).toSorted((a, b) => b - a);
}

/** Annotations that list exactly these versions. */
function listed({ annotations }: LiveSecret, numbers: readonly number[]): LiveSecret["annotations"] {
  const { [listing]: _old, ...others } = annotations;
  return numbers.length === 0 ? others : { ...others, [listing]: numbers.join(",") };
}

interface Kept {
  /** The version that was just added. */
  readonly added: number;
  /** What a reader may still want, whatever its age: the version before. */
  readonly before: number | undefined;
}

/**
 * Destroys versions that rotate wrote and nobody needs: of those that have no alias, all but the newest. What somebody else wrote is not in the list, and
 * is never touched. Gives the annotations that say what is left.
 */
export async function retire(
  live: LiveSecret,
  { added, before }: Kept,
  ctx: SecretContext,
): Promise<LiveSecret["annotations"]> {
  const { keep } = ctx.options;
  if (keep === undefined) return live.annotations;
  const aliased = new Set(Object.values(live.aliases).map(Number));
  const older = written(live).filter((number) => number !== added);
  const left: number[] = [];
  for (const [index, number] of older.entries()) {
    const needed = index < keep - 1 || number === before || aliased.has(number);
    if (needed || !(await destroyVersion(number, ctx))) left.push(number);
  }
  return listed(live, [added, ...left]);
}

/** Annotations without a version that is taken back. */
export function unlisted(live: LiveSecret, number: number): LiveSecret["annotations"] {
  return live.annotations[listing] === undefined
    ? live.annotations
    : listed(
        live,
        written(live).filter((one) => one !== number),
      );
}

/** The same where the write is done already: whatever goes wrong with it is told, and no failure of the write. */
export async function retireAfter(kept: Kept, ctx: SecretContext): Promise<void> {
  if (ctx.options.keep === undefined) return;
  try {
    const live = await liveSecret(ctx);
    if (live !== undefined) await patchSecret(live, { annotations: await retire(live, kept, ctx) }, ctx);
  } catch (error) {
    if (!isRotateError(error)) throw error;
    const { message, hint } = error;
    ctx.log.warn("could not destroy old versions", { path: resourceName(ctx.options), error: message, remedy: hint });
  }
}
