import type { EndpointReport } from "@rotate/core";
import { givesOf, refusalsOf, sessionsOf } from "../src/output/endpoint-table.ts";
import { tableSection } from "./table-section.ts";

const headings = ["Endpoint", "Type", "At", "Gives", "State", "Sessions", "Turned away"];

/** Where consumers ask. Undefined where nobody can. */
export function endpointsOf(serve: readonly EndpointReport[] = []): HTMLElement | undefined {
  return serve.length === 0 ? undefined : tableSection("Endpoints", headings, serve.map(rowOf));
}

function rowOf(report: EndpointReport): readonly [string, ...string[]] {
  const { name, type, address, state, error } = report;
  return [name, type, address, givesOf(report), error?.message ?? state, sessionsOf(report), refusalsOf(report)];
}
