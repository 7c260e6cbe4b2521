import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { pgpass } from "./pgpass.ts";
import { postgresEndpoint } from "./postgres-endpoint.ts";
import { postgresProbe } from "./postgres-probe.ts";
import { postgresUser } from "./postgres-user.ts";

/** PostgreSQL: users of its own, a line of a password file, a login with the credential as a probe, and an endpoint for applications. */
const plugin: Plugin = definePlugin({
  providers: [postgresUser],
  sinks: [pgpass],
  probes: [postgresProbe],
  endpoints: [postgresEndpoint],
});
export default plugin;
