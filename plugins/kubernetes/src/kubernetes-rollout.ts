import { createHash } from "node:crypto";
import { defineReload, isRotateError, RotateError, type ClusterRight, type ReloadEvent } from "@rotate/plugin-kit";
import { requireRights } from "./api/access.ts";
import { connect, type Api } from "./api/api.ts";
import { clusterPlaces, followedPlaces } from "./auth/places.ts";
import { clusterScope, inCluster } from "./options.ts";
import { nameOf, options, type RolloutContext } from "./rollout/options.ts";
import { progressOf } from "./rollout/progress.ts";
import { annotate, annotationOf, checkRollable, readWorkload } from "./rollout/workload.ts";

/** Milliseconds between the first two looks at a rollout, and between later ones at most. */
const firstPause = 200;
const longestPause = 2000;

/** Replaces the pods of a workload, and waits until all of them are new. The same fingerprint twice is one rollout. */
export const kubernetesRollout = defineReload({
  type: "kubernetes-rollout",
  start: { title: "a Kubernetes workload is rolled out anew", options: ["kind"] },
  options,

  scope: clusterScope,
  reads: clusterPlaces,
  follows: followedPlaces,
  clusterRights: (given) => inCluster(rolloutRights(given), given),
  adopts: ({ adopts }) => adopts,
  async check(ctx) {
    const api = await connect(ctx);
    await requireRights(api, rolloutRights(ctx.options), ctx);
    checkRollable(await readWorkload(api, ctx), ctx);
  },
  async run(event, ctx) {
    if (event.written.some(({ type }) => type === "kubernetes-secret")) await ctx.sleep(ctx.options.delay);
    const api = await connect(ctx);
    const before = await readWorkload(api, ctx);
    checkRollable(before, ctx);
    const annotation = { name: annotationName(event), value: event.fingerprint };
    const begun = annotationOf(before, annotation.name) === annotation.value;
    const { metadata } = begun ? before : await annotate(api, annotation, ctx);
    if (begun) ctx.log.info("was rolled out for this credential already", { workload: nameOf(ctx) });
    await finished(api, metadata.generation, ctx);
  },
});

function rolloutRights({ kind, namespace, name }: RolloutContext["options"]): readonly ClusterRight[] {
  return ["get", "patch"].map((verb) => ({ verb, group: "apps", resource: `${kind}s`, namespace, name }));
}

/** One for each rotation, so that two that share a workload do not undo each other's mark. A name that no annotation may have is hashed. */
function annotationName({ rotation }: ReloadEvent): string {
  const fits = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(rotation);
  const name = fits ? rotation : createHash("sha256").update(rotation).digest("hex").slice(0, 32);
  return `fingerprint.rotate.dev/${name}`;
}

/** Waits for the end of the rollout. Throws FAILED when it will not end; a wait that is cut short says how far it came. */
async function finished(api: Api, generation: number, ctx: RolloutContext): Promise<void> {
  let last = "";
  try {
    for (let pause = firstPause; ; pause = Math.min(2 * pause, longestPause)) {
      const { missing, failed } = progressOf(ctx.options.kind, await readWorkload(api, ctx), generation);
      if (failed !== undefined) throw stalled(failed, ctx);
      if (missing === undefined) return;
      if (missing !== last) ctx.log.info("waits for the rollout", { workload: nameOf(ctx), progress: missing });
      last = missing;
      await ctx.sleep(pause);
    }
  } catch (error) {
    if (!isRotateError(error) || error.code !== "TIMEOUT" || last === "") throw error;
    throw new RotateError(`${nameOf(ctx)} is not rolled out yet: ${last}`, {
      code: "TIMEOUT",
      retryable: true,
      hint: "look at its pods with kubectl; give the reload a longer `timeout` if they just start slowly",
      cause: error,
    });
  }
}

function stalled(why: string, ctx: RolloutContext): RotateError {
  const { kind, namespace, name } = ctx.options;
  return new RotateError(`${nameOf(ctx)} does not get on: ${why.replace(/\.$/, "")}`, {
    code: "FAILED",
    retryable: false,
    hint: `see kubectl -n ${namespace} describe ${kind} ${name}: its new pods do not become ready`,
  });
}
