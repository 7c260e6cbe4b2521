import type { LocalPlace } from "@rotate/plugin-kit";
import type { ClusterOptions } from "../options.ts";
import { mounted } from "./in-cluster.ts";
import { kubeconfigPaths } from "./kubeconfig.ts";

/** The files that say which cluster it is and who we are there; what a kubeconfig points to in turn is not looked at. */
export function clusterPlaces(
  options: ClusterOptions,
  env: Readonly<Record<string, string | undefined>>,
): readonly LocalPlace[] {
  const { serviceAccountPath } = options;
  if (serviceAccountPath !== undefined) return [{ path: serviceAccountPath }];
  const inPod = (env["KUBERNETES_SERVICE_HOST"] ?? "") === "" ? [] : [mounted];
  return [...kubeconfigPaths({ options, env }), ...inPod].map((path) => ({ path }));
}
