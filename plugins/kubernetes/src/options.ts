import type { ClusterRight, Context, ObjectSchema, PartScope } from "@rotate/plugin-kit";

/** Options of all that is here: which cluster, and who we are there. */
export const clusterOptions = {
  context: { type: "string", minLength: 1, description: "Of the kubeconfig. Default: its current one." },
  kubeconfig: {
    type: "string",
    format: "path",
    description: "Default: KUBECONFIG, then ~/.kube/config, then the service account of the pod.",
  },
  serviceAccountPath: {
    type: "string",
    format: "path",
    description:
      "A directory with `token` and `ca.crt`: the service account of this pod, whatever kubeconfig there is. Usually /var/run/secrets/kubernetes.io/serviceaccount.",
  },
} as const satisfies NonNullable<ObjectSchema["properties"]>;

/** The options that all of these parts share, validated. Paths are absolute. */
export interface ClusterOptions {
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly serviceAccountPath?: string;
}

/** The context of a call of any of them. */
export type ClusterContext = Context<ClusterOptions>;

/** RFC 1123 label, as a namespace has it. */
export const namespaceSchema = {
  type: "string",
  pattern: "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
  description: "Namespace.",
} as const;

/** RFC 1123 subdomain, as most objects are named. */
export const nameSchema = { type: "string", pattern: "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", maxLength: 253 } as const;

/** Who the server says wrote a field. */
export const fieldManagerSchema = {
  type: "string",
  minLength: 1,
  maxLength: 128,
  default: "rotate",
  description: "Who the cluster says owns what is written.",
} as const;

/** A cluster in words that identify it, from the options alone. Empty: the one that is used by default. */
export function clusterName({ context, kubeconfig, serviceAccountPath }: ClusterOptions): string {
  const words = [
    context === undefined ? "" : ` of context ${context}`,
    kubeconfig === undefined ? "" : ` in ${kubeconfig}`,
    serviceAccountPath === undefined ? "" : ` by ${serviceAccountPath}`,
  ];
  return words.join("");
}

/** A pod has its service account wherever it runs; a kubeconfig is a file of one machine. */
export function clusterScope({ serviceAccountPath }: ClusterOptions): PartScope {
  return serviceAccountPath === undefined ? "host" : "anywhere";
}

/** The same rights, of the cluster that the options name. */
export function inCluster(rights: readonly ClusterRight[], options: ClusterOptions): readonly ClusterRight[] {
  const cluster = clusterName(options).trim();
  return cluster === "" ? rights : rights.map((right) => ({ ...right, cluster }));
}
