import { defineSink, type Secret, type Values } from "@rotate/plugin-kit";
import { isAllowed, requireRights, type Right } from "./api/access.ts";
import { connect } from "./api/api.ts";
import { clusterPlaces } from "./auth/index.ts";
import { clusterName } from "./options.ts";
import { fenceSecret } from "./secret/fence.ts";
import { absent, checkChangeable, readSecret, type LiveSecret } from "./secret/live.ts";
import { nameOf, options, type SecretContext } from "./secret/options.ts";
import { undoWrite } from "./secret/undo.ts";
import { perform, rehearse, type Write } from "./secret/write.ts";

/** Keys of a Secret, written by server-side apply: only ours, and only over what we saw. */
export const kubernetesSecret = defineSink({
  type: "kubernetes-secret",
  options,
  reads: clusterPlaces,
  keys: { pattern: "[-._a-zA-Z0-9]{1,253}", description: "a key of the Secret's data: letters, digits, `-`, `_`, `.`" },

  target: (given) => `secret ${given.namespace}/${given.name}${clusterName(given)}`,
  async check(ctx) {
    const api = await connect(ctx);
    await requireRights(api, [right("get", ctx), right("patch", ctx)], ctx);
    const live = await readSecret(api, ctx);
    if (live !== undefined) return checkChangeable(live, ctx);
    if (!ctx.options.create) throw absent(ctx);
    const { name: _any, ...create } = right("create", ctx);
    await requireRights(api, [create], ctx);
    if ((await isAllowed(api, right("delete", ctx), ctx)) === false) {
      ctx.log.info("may not delete the secret: undoing its first write will leave it empty", { secret: nameOf(ctx) });
    }
  },
  async prepare(values, ctx) {
    const api = await connect(ctx);
    const live = await readSecret(api, ctx);
    if (live === undefined && !ctx.options.create) throw absent(ctx);
    const wanted = { live, data: encoded(values, ctx), force: ctx.options.force };
    if (live !== undefined && holds(live, wanted, ctx)) return ready(wanted, false);
    if (live !== undefined) checkChangeable(live, ctx);
    return ready(await rehearse(api, wanted, ctx), true);
  },
  async read(keys, ctx) {
    const live = await readSecret(await connect(ctx), ctx);
    return live === undefined ? {} : decoded(live, keys, ctx);
  },
  async fence(ctx) {
    await fenceSecret(await connect(ctx), ctx);
  },
});

function right(verb: Right["verb"], { options: { namespace, name } }: SecretContext): Right {
  return { verb, resource: "secrets", namespace, name };
}

function ready(write: Write, changed: boolean) {
  return {
    changed,
    commit: async (ctx: SecretContext) => perform(await connect(ctx), write, ctx),
    undo: async (ctx: SecretContext) => undoWrite(await connect(ctx), write, ctx),
  };
}

/** Base64 (RFC 4648), masked as the text itself is. */
function encoded(values: Values, ctx: SecretContext): Readonly<Record<string, Secret>> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      ctx.secret(Buffer.from(value.reveal(), "utf8").toString("base64"), key),
    ]),
  );
}

function holds(live: LiveSecret, { data }: Write, { options: { labels = {} } }: SecretContext): boolean {
  return (
    Object.entries(data).every(([key, value]) => live.data[key] === value.reveal()) &&
    Object.entries(labels).every(([key, value]) => live.labels[key] === value)
  );
}

function decoded(live: LiveSecret, keys: readonly string[], ctx: SecretContext): Values {
  const present = keys.flatMap((key) => {
    const value = live.data[key];
    return value === undefined ? [] : [[key, ctx.secret(Buffer.from(value, "base64").toString("utf8"), key)] as const];
  });
  return Object.fromEntries(present);
}
