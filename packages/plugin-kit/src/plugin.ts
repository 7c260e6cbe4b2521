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

/**
 * What a plugin by others touches besides what is in the spec. It is shown when the plugin is approved, pinned in `rotate.lock`, and refused beyond. Options of the
 * part that is called stand in braces: `{url}`.
 */
export interface Needs {
  /**
   * Whom it speaks to by `ctx.http`: `api.acme.com` (https, port 443), `*.acme.com`, `acme.internal:8443`, `acme.internal:*`, or `{url}`: the scheme, host and port of that option,
   * `{host}:{port}`.
   */
  readonly hosts?: readonly string[];
  /** What it runs by `ctx.exec`: a command that is found by `PATH`, an absolute path, or an option. */
  readonly commands?: readonly string[];
  /** What it may read of `ctx.env`. */
  readonly env?: readonly string[];
  /** `open`: it opens connections of its own, to anywhere. Where it is absent they are stopped, on Node 26 and later. */
  readonly network?: "open";
}

/** The default export of a plugin package. Name and version come from its package.json. */
export interface Plugin extends PartLists {
  readonly apiVersion: 1;
  readonly needs?: Needs;
}

/** The versions of what plugins and rotate are to each other that this rotate takes: the present one, and for a year the one before. */
export const apiVersions: readonly number[] = [1];

/** A plugin from what it contributes, any subset. */
export function definePlugin({ needs, ...parts }: Partial<PartLists> & { readonly needs?: Needs }): Plugin {
  const none = Object.fromEntries(kinds.map((kind) => [kind, []])) as unknown as PartLists;
  return { apiVersion: 1, ...none, ...parts, ...(needs && { needs }) };
}
