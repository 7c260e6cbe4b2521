import type { Spec } from "../loading/model.ts";

/** Is anybody to be told of anything? */
export function isWatched({ notify, monitor }: Pick<Spec, "notify" | "monitor">): boolean {
  return notify.length > 0 || isMonitored(monitor);
}

/** Does a monitor hear from us? */
export function isMonitored(monitor: Spec["monitor"]): boolean {
  return monitor !== undefined && ("textfile" in monitor || "heartbeat" in monitor);
}
