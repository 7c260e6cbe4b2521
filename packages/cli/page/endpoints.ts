import type { EndpointReport } from "@rotate/core";
import { givesOf, refusalsOf, sessionsOf } from "../src/output/endpoint-table.ts";
import { h } from "./dom.ts";

const headings = ["Endpoint", "Type", "At", "Gives", "State", "Sessions", "Turned away"];

/** Where consumers ask. Undefined where nobody can. */
export function endpointsOf(serve: readonly EndpointReport[] = []): HTMLElement | undefined {
  if (serve.length === 0) return undefined;
  const head = h(
    "tr",
    {},
    headings.map((text) => h("th", { scope: "col" }, text)),
  );
  return h(
    "section",
    { "aria-label": "Endpoints" },
    h("h2", {}, "Endpoints"),
    h("table", { class: "endpoints" }, h("thead", {}, head), h("tbody", {}, serve.map(rowOf))),
  );
}

function rowOf(report: EndpointReport): HTMLElement {
  const { name, type, address, state, error } = report;
  const cells = [type, address, givesOf(report), error?.message ?? state, sessionsOf(report), refusalsOf(report)];
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, name),
    cells.map((text) => h("td", {}, text)),
  );
}
