import { invalid } from "@rotate/plugin-kit";
import type { ClusterContext } from "../options.ts";
import { byKubeconfig, noCluster } from "./by-kubeconfig.ts";
import { inCluster } from "./in-cluster.ts";
import { kubeconfigPaths, readKubeconfig } from "./kubeconfig.ts";
import type { Connection } from "./types.ts";

export type { Connection } from "./types.ts";

/**
 * Finds the cluster and who we are there, anew at each call: by the options, else KUBECONFIG, else ~/.kube/config, else the pod's service account
 * (the order of client-go). Throws NOT_FOUND, DENIED, INVALID, or what an exec plugin makes of it.
 */
export async function findCluster(ctx: ClusterContext): Promise<Connection> {
  const { serviceAccountPath, kubeconfig, context } = ctx.options;
  if (serviceAccountPath !== undefined) {
    if (kubeconfig === undefined && context === undefined) return inCluster(ctx, serviceAccountPath);
    throw invalid("serviceAccountPath stands beside kubeconfig or context", "choose one");
  }
  const paths = kubeconfigPaths(ctx);
  const config = await readKubeconfig(paths, ctx);
  if (config !== undefined) return byKubeconfig(config, ctx);
  const asked = kubeconfig !== undefined || context !== undefined || (ctx.env["KUBECONFIG"] ?? "") !== "";
  if (asked || (ctx.env["KUBERNETES_SERVICE_HOST"] ?? "") === "") throw noCluster(paths);
  return inCluster(ctx);
}
