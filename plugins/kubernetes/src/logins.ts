import type { FoundLogin, Machine } from "@rotate/plugin-kit";
import { mounted } from "./auth/in-cluster.ts";
import { contextsIn, kubeconfigPaths } from "./auth/kubeconfig.ts";

/** The contexts of the kubeconfig, the current one first, and the service account of this pod. */
export async function loginsOf({ env, home, read }: Machine): Promise<readonly FoundLogin[]> {
  const paths = kubeconfigPaths({ options: {}, env: { ...env, HOME: home } });
  const texts = await Promise.all(paths.map(async (path) => ({ path, text: await read(path) })));
  const contexts = (await Promise.all(texts.map(contextsIn))).flat();
  const isPod = Boolean(env["KUBERNETES_SERVICE_HOST"]) && (await read(`${mounted}/token`)) !== undefined;
  return [
    ...(isPod ? [{ label: "the service account of this pod", options: { serviceAccountPath: mounted } }] : []),
    ...contexts.map((context) => ({ label: `context ${context} of the kubeconfig`, options: { context } })),
  ];
}
