/** The kinds of things that a plugin contributes. */
export const kinds = ["providers", "sinks", "reloads", "probes", "notifiers"] as const;
export type Kind = (typeof kinds)[number];
