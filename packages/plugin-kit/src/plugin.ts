import type { Notifier } from "./notifier.ts";
import type { Probe } from "./probe.ts";
import type { Provider } from "./provider.ts";
import type { Reload } from "./reload.ts";
import type { Sink } from "./sink.ts";

/** The default export of a plugin package. Name and version come from its package.json. */
export interface Plugin {
  readonly apiVersion: 1;
  readonly providers: readonly Provider[];
  readonly sinks: readonly Sink[];
  readonly reloads: readonly Reload[];
  readonly probes: readonly Probe[];
  readonly notifiers: readonly Notifier[];
}

/** A plugin from what it contributes, any subset. */
export function definePlugin(parts: Partial<Omit<Plugin, "apiVersion">>): Plugin {
  return { apiVersion: 1, providers: [], sinks: [], reloads: [], probes: [], notifiers: [], ...parts };
}
