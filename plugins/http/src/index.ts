import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { httpProbe } from "./http-probe.ts";
import { httpReload } from "./http-reload.ts";
import { tcpProbe } from "./tcp-probe.ts";

/** HTTP and TCP: a webhook as reload, and probes. */
const plugin: Plugin = definePlugin({ reloads: [httpReload], probes: [httpProbe, tcpProbe] });
export default plugin;
