import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { postgresEndpoint } from "./postgres-endpoint.ts";
import { postgresProbe } from "./postgres-probe.ts";
import { postgresUser } from "./postgres-user.ts";

/** PostgreSQL: users of its own, a login with the credential as a probe, and an endpoint for applications. */
const plugin: Plugin = definePlugin({
  providers: [postgresUser],
  probes: [postgresProbe],
  endpoints: [postgresEndpoint],
});
export default plugin;
