import type { ClusterRight, Values } from "@rotate/plugin-kit";
import { deniedRights, isAllowed, missingRights } from "../api/access.ts";
import type { Api } from "../api/api.ts";
import { absent, checkChangeable, readSecret, type LiveSecret } from "./live.ts";
import { nameOf, type SecretContext, type SecretOptions } from "./options.ts";

/** What is found before anything is minted: throws DENIED with all that is missing, NOT_FOUND, or INVALID for a Secret that cannot be changed. */
export async function lookBefore(api: Api, ctx: SecretContext): Promise<LiveSecret | undefined> {
  const { create } = ctx.options;
  const needed = [right("get", ctx.options), right("patch", ctx.options)];
  const missing = await missingRights(api, create ? [...needed, creation(ctx.options)] : needed, ctx);
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
  if ((await isAllowed(api, right("delete", ctx.options), ctx)) !== false) return;
  ctx.log.info("may not delete the secret: undoing its first write will leave it empty", { secret: nameOf(ctx) });
}

/** The rights that are used at one time or another: `create` cannot be limited to a name, `delete` undoes a first write only. */
export function secretRights(options: SecretOptions): readonly ClusterRight[] {
  const named = ["get", "patch"].map((verb) => right(verb, options));
  return options.create ? [...named, right("delete", options), creation(options)] : named;
}

function right(verb: string, { namespace, name }: SecretOptions): ClusterRight {
  return { verb, resource: "secrets", namespace, name };
}

function creation({ namespace }: SecretOptions): ClusterRight {
  return { verb: "create", resource: "secrets", namespace };
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
