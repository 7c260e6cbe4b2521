import type { HostReport } from "@rotate/core";
import { ago } from "../src/output/time.ts";
import { tableSection } from "./table-section.ts";

const headings = ["Machine", "rotate", "Labels", "State"];

/** The machines that share a state. Undefined where one works alone. @param now ms since 1970 */
export function machinesOf(hosts: readonly HostReport[] = [], now: number): HTMLElement | undefined {
  if (hosts.length === 0) return undefined;
  return tableSection(
    "Machines",
    headings,
    hosts.map((host) => rowOf(host, now)),
  );
}

function rowOf(host: HostReport, now: number): readonly [string, ...string[]] {
  const { name, version, labels } = host;
  return [name, version, labels.length === 0 ? "–" : labels.join(", "), stateOf(host, now)];
}

function stateOf({ alive, watches, seenAt, cannotServe }: HostReport, now: number): string {
  if (!alive) return `last heard of ${ago(seenAt, now)}`;
  if (cannotServe !== undefined) return `takes nothing that moves: ${cannotServe}`;
  return watches ? "watches" : "runs by a timer";
}
