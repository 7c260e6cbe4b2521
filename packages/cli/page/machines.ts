import type { HostReport } from "@rotate/core";
import { ago } from "../src/output/time.ts";
import { h } from "./dom.ts";

const headings = ["Machine", "rotate", "Labels", "State"];

/** The machines that share a state. Undefined where one works alone. @param now ms since 1970 */
export function machinesOf(hosts: readonly HostReport[] = [], now: number): HTMLElement | undefined {
  if (hosts.length === 0) return undefined;
  const head = h(
    "tr",
    {},
    headings.map((text) => h("th", { scope: "col" }, text)),
  );
  return h(
    "section",
    { "aria-label": "Machines" },
    h("h2", {}, "Machines"),
    h(
      "table",
      { class: "endpoints" },
      h("thead", {}, head),
      h(
        "tbody",
        {},
        hosts.map((host) => rowOf(host, now)),
      ),
    ),
  );
}

function rowOf(host: HostReport, now: number): HTMLElement {
  const { name, version, labels } = host;
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, name),
    [version, labels.length === 0 ? "–" : labels.join(", "), stateOf(host, now)].map((text) => h("td", {}, text)),
  );
}

function stateOf({ alive, watches, seenAt, cannotServe }: HostReport, now: number): string {
  if (!alive) return `last heard of ${ago(seenAt, now)}`;
  if (cannotServe !== undefined) return `takes nothing that moves: ${cannotServe}`;
  return watches ? "watches" : "runs by a timer";
}
