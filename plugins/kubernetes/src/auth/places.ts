import type { LocalPlace } from "@rotate/plugin-kit";
import type { ClusterContext, ClusterOptions } from "../options.ts";
import { mounted } from "./in-cluster.ts";
import { isFields, textOf } from "./fields.ts";
import { entryOf, kubeconfigPaths, pathIn, readKubeconfig, type Entry } from "./kubeconfig.ts";

/** The files that say which cluster it is and who we are there. */
export function clusterPlaces(
  options: ClusterOptions,
  env: Readonly<Record<string, string | undefined>>,
): readonly LocalPlace[] {
  const { serviceAccountPath } = options;
  if (serviceAccountPath !== undefined) return [{ path: serviceAccountPath }];
  const inPod = (env["KUBERNETES_SERVICE_HOST"] ?? "") === "" ? [] : [mounted];
  return [...kubeconfigPaths({ options, env }), ...inPod].map((path) => ({ path }));
}

/** The files that the kubeconfig points to, in the context that is used: certificates, keys, tokens, and the program that logs in. */
export async function followedPlaces(ctx: ClusterContext): Promise<readonly LocalPlace[]> {
  if (ctx.options.serviceAccountPath !== undefined) return [];
  const config = await readKubeconfig(kubeconfigPaths(ctx), ctx);
  const context = ctx.options.context ?? config?.currentContext;
  if (config === undefined || context === undefined) return [];
  const { fields } = entryOf(config.contexts, "context", context);
  const cluster = config.clusters.filter(({ name }) => name === textOf(fields, "cluster"));
  const user = config.users.filter(({ name }) => name === textOf(fields, "user"));
  return [
    ...cluster.flatMap((entry) => filesOf(entry, ["certificate-authority"])),
    ...user.flatMap((entry) => [
      ...filesOf(entry, ["client-certificate", "client-key", "tokenFile"]),
      ...programOf(entry),
    ]),
  ];
}

function filesOf(entry: Entry, words: readonly string[]): readonly LocalPlace[] {
  return words.flatMap((word) => {
    const path = textOf(entry.fields, word);
    return path === undefined ? [] : [{ path: pathIn(entry, path) }];
  });
}

/** A command without a slash is looked for in PATH: that is no file of the spec's. */
function programOf(user: Entry): readonly LocalPlace[] {
  const { exec } = user.fields;
  const command = isFields(exec) ? textOf(exec, "command") : undefined;
  return command?.includes("/") === true ? [{ path: pathIn(user, command) }] : [];
}
