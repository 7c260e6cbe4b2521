import type { LazyPlugin } from "@rotate/core";
import type { Plugin } from "@rotate/plugin-kit";

/** The built-in plugins: the one place that names them. Each is imported when a spec uses one of its types. */
export const builtins: readonly LazyPlugin[] = [
  builtin(
    "aws",
    { providers: ["aws-sts", "aws-rds-iam", "aws-ecr"], sinks: ["aws-credentials"] },
    () => import("@rotate/plugin-aws"),
  ),
  builtin("azure", { providers: ["azure-entra"] }, () => import("@rotate/plugin-azure")),
  builtin("databricks", { providers: ["databricks-postgres"] }, () => import("@rotate/plugin-databricks")),
  builtin("docker", { reloads: ["docker"] }, () => import("@rotate/plugin-docker")),
  builtin("files", { sinks: ["dotenv", "json", "yaml", "file", "files"] }, () => import("@rotate/plugin-files")),
  builtin("gcp", { providers: ["gcp-access-token"] }, () => import("@rotate/plugin-gcp")),
  builtin("github", { providers: ["github-app"], sinks: ["github-actions"] }, () => import("@rotate/plugin-github")),
  builtin("http", { reloads: ["http"], probes: ["http", "tcp"] }, () => import("@rotate/plugin-http")),
  builtin("jwt", { providers: ["jwt"] }, () => import("@rotate/plugin-jwt")),
  builtin(
    "kubernetes",
    { providers: ["kubernetes-token"], sinks: ["kubernetes-secret"], reloads: ["kubernetes-rollout"] },
    () => import("@rotate/plugin-kubernetes"),
  ),
  builtin("oauth2", { providers: ["oauth2", "oauth2-refresh-token"] }, () => import("@rotate/plugin-oauth2")),
  builtin("postgres", { probes: ["postgres"] }, () => import("@rotate/plugin-postgres")),
  builtin(
    "process",
    { providers: ["exec"], sinks: ["env"], reloads: ["exec", "signal"], probes: ["exec"] },
    () => import("@rotate/plugin-process"),
  ),
  builtin("systemd", { reloads: ["systemd"] }, () => import("@rotate/plugin-systemd")),
  builtin("vault", { providers: ["vault", "vault-kv", "vault-static-role"] }, () => import("@rotate/plugin-vault")),
];

function builtin(
  system: string,
  types: LazyPlugin["types"],
  load: () => Promise<{ readonly default: Plugin }>,
): LazyPlugin {
  return { name: `@rotate/plugin-${system}`, types, load: async () => (await load()).default };
}
