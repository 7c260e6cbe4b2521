/** The kinds of things that a plugin contributes. */
export const kinds = ["providers", "sinks", "reloads", "probes", "notifiers"] as const;

/** As it stands in a plugin: `providers`, `sinks` … */
export type Kind = (typeof kinds)[number];
