import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { postgresProbe } from "./postgres-probe.ts";

const plugin: Plugin = definePlugin({ probes: [postgresProbe] });
export default plugin;
