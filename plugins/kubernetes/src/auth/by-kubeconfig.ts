import { invalid, RotateError } from "@rotate/plugin-kit";
import { secured } from "@rotate/plugin-kit/tokens";
import type { ClusterContext } from "../options.ts";
import { textOf } from "./fields.ts";
import { entryOf, pathIn, type Entry, type Kubeconfig } from "./kubeconfig.ts";
import type { Connection } from "./types.ts";
import { identityOf } from "./user.ts";

/** The cluster and the user of a context of the kubeconfig. Throws NOT_FOUND or INVALID with what is there instead. */
export async function byKubeconfig(config: Kubeconfig, ctx: ClusterContext): Promise<Connection> {
  const name = ctx.options.context ?? config.currentContext;
  if (name === undefined) {
    throw invalid("the kubeconfig has no current context", "set `context`, or run `kubectl config use-context`");
  }
  const { fields } = entryOf(config.contexts, "context", name);
  const cluster = entryOf(config.clusters, "cluster", textOf(fields, "cluster") ?? "(none)");
  const user = userOf(config, textOf(fields, "user"));
  const server = serverOf(cluster);
  const proxy = proxyOf(cluster);
  const ca = await authorityOf(cluster, ctx);
  const { tls, ...proof } = await identityOf(user, { server, ca, ctx });
  const serverName = textOf(cluster.fields, "tls-server-name");
  return {
    server,
    ...proof,
    tls: { ...tls, ...(ca !== undefined && { ca }), ...(serverName !== undefined && { serverName }) },
    ...(proxy !== undefined && { proxy }),
    who: `user ${user.name} of context ${name}`,
  };
}

/** A context may have no user, for a server that asks for none, such as `kubectl proxy`. */
function userOf({ users }: Kubeconfig, name: string | undefined): Entry {
  return name === undefined ? { name: "nobody", fields: {}, directory: "" } : entryOf(users, "user", name);
}

function serverOf({ name, fields }: Entry): string {
  const server = textOf(fields, "server");
  if (server === undefined || !URL.canParse(server)) {
    throw invalid(`the cluster ${name} of the kubeconfig has no usable server`, "write it as https://HOST:PORT");
  }
  secured(`server of the cluster ${name} of the kubeconfig`, server);
  if (fields["insecure-skip-tls-verify"] !== true) return server;
  throw invalid(
    `the cluster ${name} of the kubeconfig says insecure-skip-tls-verify`,
    "whoever answers would get the credentials: give certificate-authority, and tls-server-name where the name differs",
  );
}

/** Only HTTP proxies: SOCKS is not spoken. */
function proxyOf({ name, fields }: Entry): string | undefined {
  const proxy = textOf(fields, "proxy-url");
  if (proxy === undefined || /^https?:\/\//.test(proxy)) return proxy;
  throw invalid(`the proxy-url of cluster ${name} is no http:// or https:// URL`, "only HTTP proxies can be used");
}

/** `-data` wins over the file, as in client-go. */
async function authorityOf(cluster: Entry, { readFile }: ClusterContext): Promise<string | undefined> {
  const data = textOf(cluster.fields, "certificate-authority-data");
  if (data !== undefined) return Buffer.from(data, "base64").toString("utf8");
  const path = textOf(cluster.fields, "certificate-authority");
  if (path === undefined) return undefined;
  return readFile(pathIn(cluster, path), {
    what: "authority",
    hint: "correct certificate-authority in the kubeconfig",
  });
}

/** What is said when there is neither kubeconfig nor pod. */
export function noCluster(paths: readonly string[]): RotateError {
  return new RotateError(`there is no kubeconfig (${paths.join(", ") || "HOME is not set"})`, {
    code: "NOT_FOUND",
    retryable: false,
    hint: "give `kubeconfig`, set KUBECONFIG, or run in a pod",
  });
}
