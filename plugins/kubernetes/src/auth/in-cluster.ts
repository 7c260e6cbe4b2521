import { join } from "node:path";
import { RotateError } from "@rotate/plugin-kit";
import type { ClusterContext } from "../options.ts";
import type { Connection } from "./types.ts";

/** Where the kubelet puts them. */
export const mounted = "/var/run/secrets/kubernetes.io/serviceaccount";
const hint = "outside a pod give `kubeconfig`; in a pod do not set automountServiceAccountToken: false";

/**
 * The service account of the pod we run in. Its files are read at each use: the kubelet replaces the token long before it ends
 * (client-go rest/config.go, InClusterConfig). Throws NOT_FOUND or INVALID.
 */
export async function inCluster(ctx: ClusterContext, path = mounted): Promise<Connection> {
  const { KUBERNETES_SERVICE_HOST: host = "", KUBERNETES_SERVICE_PORT: port = "443" } = ctx.env;
  if (host === "") {
    throw new RotateError("KUBERNETES_SERVICE_HOST is not set: this is no pod", {
      code: "NOT_FOUND",
      retryable: false,
      hint: "give `kubeconfig`, or set KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT",
    });
  }
  const tokenPath = join(path, "token");
  const token = (await ctx.readFile(tokenPath, { what: "service account token", hint })).trim();
  if (token === "") {
    throw new RotateError(`the token file ${tokenPath} is empty`, { code: "INVALID", retryable: true, hint });
  }
  return {
    server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    bearer: ctx.secret(token, "service account token"),
    tls: { ca: await ctx.readFile(join(path, "ca.crt"), { what: "authority", hint }) },
    who: "the service account of this pod",
  };
}
