import type { Values } from "@rotate/plugin-kit";
import { deniedRights, isAllowed, missingRights, type Right } from "../api/access.ts";
import type { Api } from "../api/api.ts";
import { absent, checkChangeable, readSecret, type LiveSecret } from "./live.ts";
import { nameOf, type SecretContext } from "./options.ts";

/** What is found before anything is minted: throws DENIED with all that is missing, NOT_FOUND, or INVALID for a Secret that cannot be changed. */
export async function lookBefore(api: Api, ctx: SecretContext): Promise<LiveSecret | undefined> {
  const { create } = ctx.options;
  const needed = [right("get", ctx), right("patch", ctx)];
  const missing = await missingRights(api, create ? [...needed, creation(ctx)] : needed, ctx);
  if (missing.some(({ verb }) => verb === "get")) throw deniedRights(missing);
  const live = await readSecret(api, ctx);
  const truly = missing.filter(({ verb }) => verb !== "create" || live === undefined);
  if (truly.length > 0) throw deniedRights(truly);
  if (live === undefined && !create) throw absent(ctx);
  if (live === undefined) await tellOfUndo(api, ctx);
  else checkChangeable(live, ctx);
  return live;
}

async function tellOfUndo(api: Api, ctx: SecretContext): Promise<void> {
  if ((await isAllowed(api, right("delete", ctx), ctx)) !== false) return;
  ctx.log.info("may not delete the secret: undoing its first write will leave it empty", { secret: nameOf(ctx) });
}

function right(verb: Right["verb"], { options: { namespace, name } }: SecretContext): Right {
  return { verb, resource: "secrets", namespace, name };
}

function creation(ctx: SecretContext): Right {
  const { name: _any, ...create } = right("create", ctx);
  return create;
}

/** Keys whose text the server reads (kubernetes core/validation ValidateSecret). */
const readKeys = [".dockerconfigjson", ".dockercfg"];

/**
 * The sample as the server may be shown it. A whole field as a docker config may well be one once it is minted: it is no fault that its sample is none.
 * What a template makes must be one already.
 */
export function shownSample(sample: Values, ctx: SecretContext): Values {
  const shown = Object.entries(sample).map(([key, value]) => {
    const unknown = readKeys.includes(key) && !value.reveal().trimStart().startsWith("{");
    return [key, unknown ? ctx.secret("{}", key) : value] as const;
  });
  return Object.fromEntries(shown);
}
