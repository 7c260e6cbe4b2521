import { type LocalPlace, RotateError } from "@rotate/plugin-kit";
import type { ClusterContext, ClusterOptions } from "../options.ts";
import { byKubeconfig, noCluster } from "./by-kubeconfig.ts";
import { inCluster, mounted } from "./in-cluster.ts";
import { kubeconfigPaths, readKubeconfig } from "./kubeconfig.ts";
import type { Connection } from "./types.ts";

export type { Connection } from "./types.ts";

/** The files that `findCluster` may read: with `serviceAccountPath` its directory, else every kubeconfig that is looked for. Pure. */
export function clusterPlaces(options: ClusterOptions, env: ClusterContext["env"]): readonly LocalPlace[] {
  if (options.serviceAccountPath !== undefined) return [{ path: options.serviceAccountPath }];
  const mount = options.kubeconfig === undefined && options.context === undefined ? [{ path: mounted }] : [];
  return [...kubeconfigPaths({ options, env }).map((path) => ({ path })), ...mount];
}

/**
 * Finds the cluster and who we are there, anew at each call: by the options, else KUBECONFIG, else ~/.kube/config, else the pod's service account
 * (the order of client-go). Throws NOT_FOUND, DENIED, INVALID, or what an exec plugin makes of it.
 */
export async function findCluster(ctx: ClusterContext): Promise<Connection> {
  const { serviceAccountPath, kubeconfig, context } = ctx.options;
  if (serviceAccountPath !== undefined) {
    if (kubeconfig === undefined && context === undefined) return inCluster(ctx, serviceAccountPath);
    throw new RotateError("serviceAccountPath stands beside kubeconfig or context", {
      code: "INVALID",
      retryable: false,
      hint: "choose one",
    });
  }
  const paths = kubeconfigPaths(ctx);
  const config = await readKubeconfig(paths);
  if (config !== undefined) return byKubeconfig(config, ctx);
  const asked = kubeconfig !== undefined || context !== undefined || (ctx.env["KUBECONFIG"] ?? "") !== "";
  if (asked || (ctx.env["KUBERNETES_SERVICE_HOST"] ?? "") === "") throw noCluster(paths);
  return inCluster(ctx);
}
