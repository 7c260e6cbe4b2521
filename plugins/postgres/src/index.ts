import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { postgresProbe } from "./postgres-probe.ts";
import { postgresUser } from "./postgres-user.ts";

/** PostgreSQL: users of its own, and a login with the credential as a probe. */
const plugin: Plugin = definePlugin({ providers: [postgresUser], probes: [postgresProbe] });
export default plugin;
