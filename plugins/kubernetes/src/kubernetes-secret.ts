import { defineSink, type Secret, type Values, reversible } from "@rotate/plugin-kit";
import { connect } from "./api/api.ts";
import { clusterPlaces, followedPlaces } from "./auth/places.ts";
import { clusterName, clusterScope, inCluster } from "./options.ts";
import { lookBefore, secretRights, shownSample } from "./secret/before.ts";
import { fenceSecret } from "./secret/fence.ts";
import { absent, checkChangeable, readSecret, type LiveSecret } from "./secret/live.ts";
import { nameOf, options, type SecretContext } from "./secret/options.ts";
import { undoWrite } from "./secret/undo.ts";
import { listed, perform, tryWrite, type Write } from "./secret/write.ts";

/** Keys of a Secret, written by server-side apply: only ours, and only over what we saw. */
export const kubernetesSecret = defineSink({
  type: "kubernetes-secret",
  options,
  keys: { pattern: "[-._a-zA-Z0-9]{1,253}", description: "a key of the Secret's data: letters, digits, `-`, `_`, `.`" },

  target: (given) => `secret ${given.namespace}/${given.name}${clusterName(given)}`,
  scope: clusterScope,
  reads: clusterPlaces,
  follows: followedPlaces,
  clusterRights: (given) => inCluster(secretRights(given), given),
  async check(ctx) {
    const api = await connect(ctx);
    const live = await lookBefore(api, ctx);
    const { samples = {}, keys = [] } = ctx;
    const isWhole = keys.length > 0 && keys.every((key) => samples[key] !== undefined);
    if (isWhole) await tryWrite(api, writeOf(live, shownSample(samples, ctx), ctx), ctx);
  },
  async prepare(values, ctx) {
    const api = await connect(ctx);
    const live = await readSecret(api, ctx);
    if (live === undefined && !ctx.options.create) throw absent(ctx);
    const wanted = writeOf(live, values, ctx);
    if (live !== undefined && holds(live, wanted, ctx)) return ready(wanted, false);
    if (live !== undefined) checkChangeable(live, ctx);
    const { write, taken } = await tryWrite(api, wanted, ctx);
    if (taken.length > 0)
      ctx.log.warn("takes over what another manager owns", { secret: nameOf(ctx), owned: listed(taken) });
    return ready(write, true);
  },
  async read(keys, ctx) {
    const live = await readSecret(await connect(ctx), ctx);
    return live === undefined ? {} : decoded(live, keys, ctx);
  },
  async fence(ctx) {
    await fenceSecret(await connect(ctx), ctx);
  },
});

function writeOf(live: LiveSecret | undefined, values: Values, ctx: SecretContext): Write {
  return { live, data: encoded(values, ctx), force: ctx.options.force };
}

function ready(write: Write, changed: boolean) {
  return {
    changed,
    ...reversible<SecretContext>({
      commit: async (ctx) => perform(await connect(ctx), write, ctx),
      undo: async (ctx) => undoWrite(await connect(ctx), write, ctx),
    }),
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
