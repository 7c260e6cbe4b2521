import type { Coordinator } from "./coordinator.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Notifier } from "./notifier.ts";
import type { Probe } from "./probe.ts";
import type { Provider } from "./provider.ts";
import type { Reload } from "./reload.ts";
import type { Sink } from "./sink.ts";

/** What plugins contribute, by kind: a row here and one in `engineOptions` make a kind for whoever deals with all of them. */
export interface Parts {
  readonly providers: Provider;
  readonly sinks: Sink;
  readonly reloads: Reload;
  readonly probes: Probe;
  readonly notifiers: Notifier;
  readonly endpoints: Endpoint;
  readonly coordinators: Coordinator;
}

/** As it stands in a plugin: `providers`, `sinks` … */
export type Kind = keyof Parts;

/** By kind, the options that the engine obeys, whatever the type: a plugin cannot declare them. */
export const engineOptions = {
  providers: ["type"],
  sinks: ["type", "values", "partial"],
  reloads: ["type", "timeout", "continueOnError", "settle", "group", "onFailure"],
  probes: ["type", "timeout", "within"],
  notifiers: ["type", "on", "after", "remind"],
  endpoints: ["type", "rotation", "listen", "uids", "access", "drain"],
  coordinators: ["type", "deadAfter"],
} as const satisfies Readonly<Record<Kind, readonly string[]>>;

/** Every kind. */
export const kinds = Object.keys(engineOptions) as readonly Kind[];

type PartLists = { readonly [K in Kind]: readonly Parts[K][] };

/** The default export of a plugin package. Name and version come from its package.json. */
export interface Plugin extends PartLists {
  readonly apiVersion: 1;
}

/** A plugin from what it contributes, any subset. */
export function definePlugin(parts: Partial<PartLists>): Plugin {
  const none = Object.fromEntries(kinds.map((kind) => [kind, []])) as unknown as PartLists;
  return { apiVersion: 1, ...none, ...parts };
}
