/** The built-in plugins, each imported when a spec uses one of its types. Written by `npm run builtins` from their package.json. */
import type { LazyPlugin } from "@rotate/core";

/** All that the command line and the library know without being told of it; sorted by name. */
export const builtins: readonly LazyPlugin[] = [
  {
    name: "@rotate/plugin-aws",
    types: {
      providers: ["aws-sts", "aws-rds-iam", "aws-ecr"],
      sinks: ["aws-credentials", "aws-secrets-manager", "aws-ssm-parameter"],
      endpoints: ["aws-container", "aws-imds"],
    },
    load: async () => (await import("@rotate/plugin-aws")).default,
  },
  {
    name: "@rotate/plugin-azure",
    types: {
      providers: ["azure-entra"],
      sinks: ["azure-key-vault"],
      endpoints: ["azure-app-service"],
    },
    load: async () => (await import("@rotate/plugin-azure")).default,
  },
  {
    name: "@rotate/plugin-databricks",
    types: {
      providers: ["databricks-postgres"],
    },
    load: async () => (await import("@rotate/plugin-databricks")).default,
  },
  {
    name: "@rotate/plugin-docker",
    types: {
      reloads: ["docker"],
    },
    load: async () => (await import("@rotate/plugin-docker")).default,
  },
  {
    name: "@rotate/plugin-files",
    types: {
      sinks: ["dotenv", "json", "yaml", "file", "files"],
    },
    load: async () => (await import("@rotate/plugin-files")).default,
  },
  {
    name: "@rotate/plugin-gcp",
    types: {
      providers: ["gcp-access-token"],
      sinks: ["gcp-secret-manager"],
      endpoints: ["gce-metadata"],
    },
    load: async () => (await import("@rotate/plugin-gcp")).default,
  },
  {
    name: "@rotate/plugin-github",
    types: {
      providers: ["github-app"],
      sinks: ["github-actions", "github-secret"],
    },
    load: async () => (await import("@rotate/plugin-github")).default,
  },
  {
    name: "@rotate/plugin-gitlab",
    types: {
      sinks: ["gitlab-variable"],
    },
    load: async () => (await import("@rotate/plugin-gitlab")).default,
  },
  {
    name: "@rotate/plugin-http",
    types: {
      reloads: ["http"],
      probes: ["http", "tcp"],
      notifiers: ["http"],
      endpoints: ["http"],
    },
    load: async () => (await import("@rotate/plugin-http")).default,
  },
  {
    name: "@rotate/plugin-jwt",
    types: {
      providers: ["jwt"],
    },
    load: async () => (await import("@rotate/plugin-jwt")).default,
  },
  {
    name: "@rotate/plugin-kubernetes",
    types: {
      providers: ["kubernetes-token"],
      sinks: ["kubernetes-secret"],
      reloads: ["kubernetes-rollout"],
      coordinators: ["kubernetes-lease"],
    },
    load: async () => (await import("@rotate/plugin-kubernetes")).default,
  },
  {
    name: "@rotate/plugin-mysql",
    types: {
      providers: ["mariadb-user", "mysql-user"],
    },
    load: async () => (await import("@rotate/plugin-mysql")).default,
  },
  {
    name: "@rotate/plugin-oauth2",
    types: {
      providers: ["oauth2", "oauth2-refresh-token"],
    },
    load: async () => (await import("@rotate/plugin-oauth2")).default,
  },
  {
    name: "@rotate/plugin-postgres",
    types: {
      providers: ["postgres-user"],
      sinks: ["pgpass"],
      probes: ["postgres"],
      endpoints: ["postgres"],
    },
    load: async () => (await import("@rotate/plugin-postgres")).default,
  },
  {
    name: "@rotate/plugin-process",
    types: {
      providers: ["exec"],
      sinks: ["env"],
      reloads: ["exec", "signal"],
      probes: ["exec"],
      notifiers: ["exec"],
    },
    load: async () => (await import("@rotate/plugin-process")).default,
  },
  {
    name: "@rotate/plugin-redis",
    types: {
      providers: ["redis-user"],
    },
    load: async () => (await import("@rotate/plugin-redis")).default,
  },
  {
    name: "@rotate/plugin-smtp",
    types: {
      notifiers: ["email"],
    },
    load: async () => (await import("@rotate/plugin-smtp")).default,
  },
  {
    name: "@rotate/plugin-systemd",
    types: {
      reloads: ["systemd"],
    },
    load: async () => (await import("@rotate/plugin-systemd")).default,
  },
  {
    name: "@rotate/plugin-vault",
    types: {
      providers: ["vault", "vault-kv", "vault-static-role"],
      sinks: ["vault-kv"],
    },
    load: async () => (await import("@rotate/plugin-vault")).default,
  },
];
