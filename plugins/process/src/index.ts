import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { execProbe } from "./exec-probe.ts";
import { execProvider } from "./exec-provider.ts";
import { execReload } from "./exec-reload.ts";
import { signalReload } from "./signal.ts";

/** Local processes: any command as provider, reload or probe, and a signal by pid file. */
const plugin: Plugin = definePlugin({
  providers: [execProvider],
  reloads: [execReload, signalReload],
  probes: [execProbe],
});
export default plugin;
