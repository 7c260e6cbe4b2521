import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { httpEndpoint } from "./http-endpoint.ts";
import { httpNotifier } from "./http-notifier.ts";
import { httpProbe } from "./http-probe.ts";
import { httpReload } from "./http-reload.ts";
import { tcpProbe } from "./tcp-probe.ts";

/** HTTP and TCP: webhooks as reload and for alarms, probes, and credentials for whoever asks. */
const plugin: Plugin = definePlugin({
  reloads: [httpReload],
  probes: [httpProbe, tcpProbe],
  notifiers: [httpNotifier],
  endpoints: [httpEndpoint],
});
export default plugin;
