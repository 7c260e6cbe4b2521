import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { envSink } from "./env-sink.ts";
import { execNotifier } from "./exec-notifier.ts";
import { execProbe } from "./exec-probe.ts";
import { execProvider } from "./exec-provider.ts";
import { execReload } from "./exec-reload.ts";
import { signalReload } from "./signal.ts";

/** Local processes: any command as provider, reload, probe or for alarms, its environment, and a signal by pid file. */
const plugin: Plugin = definePlugin({
  providers: [execProvider],
  sinks: [envSink],
  reloads: [execReload, signalReload],
  probes: [execProbe],
  notifiers: [execNotifier],
});
export default plugin;
