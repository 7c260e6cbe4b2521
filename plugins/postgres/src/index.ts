import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { postgresEndpoint } from "./postgres-endpoint.ts";
import { postgresProbe } from "./postgres-probe.ts";

/** PostgreSQL: a login with the credential, as a probe; and for applications, by an endpoint. */
const plugin: Plugin = definePlugin({ probes: [postgresProbe], endpoints: [postgresEndpoint] });
export default plugin;
