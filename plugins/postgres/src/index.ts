import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { postgresProbe } from "./postgres-probe.ts";

/** PostgreSQL: a login with the credential, as a probe. */
const plugin: Plugin = definePlugin({ probes: [postgresProbe] });
export default plugin;
