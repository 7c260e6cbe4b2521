import type { LazyPlugin } from "@rotate/core";

/** The built-in plugins: the one place that names them. Each is imported when a spec uses one of its types. */
export const builtins: readonly LazyPlugin[] = [
  {
    name: "@rotate/plugin-databricks",
    types: { providers: ["databricks-postgres"] },
    load: async () => (await import("@rotate/plugin-databricks")).default,
  },
  {
    name: "@rotate/plugin-files",
    types: { sinks: ["dotenv"] },
    load: async () => (await import("@rotate/plugin-files")).default,
  },
  {
    name: "@rotate/plugin-http",
    types: { reloads: ["http"], probes: ["http", "tcp"] },
    load: async () => (await import("@rotate/plugin-http")).default,
  },
  {
    name: "@rotate/plugin-jwt",
    types: { providers: ["jwt"] },
    load: async () => (await import("@rotate/plugin-jwt")).default,
  },
  {
    name: "@rotate/plugin-postgres",
    types: { probes: ["postgres"] },
    load: async () => (await import("@rotate/plugin-postgres")).default,
  },
  {
    name: "@rotate/plugin-process",
    types: { providers: ["exec"], reloads: ["exec", "signal"], probes: ["exec"] },
    load: async () => (await import("@rotate/plugin-process")).default,
  },
];
