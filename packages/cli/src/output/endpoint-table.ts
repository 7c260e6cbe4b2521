import type { EndpointReport } from "@rotate/core";
import { type Look, toned } from "./look.ts";
import { renderTable } from "./table.ts";

/** Where consumers ask, a row for each entry of `serve`. Empty without any. */
export function endpointTable(serve: readonly EndpointReport[], look: Look): string {
  if (serve.length === 0) return "";
  const headings = ["ENDPOINT", "TYPE", "AT", "GIVES", "STATE", "SESSIONS", "TURNED AWAY"];
  return renderTable(
    headings,
    serve.map((one) => rowOf(one, look)),
    look.paint,
  );
}

function rowOf(report: EndpointReport, look: Look): readonly string[] {
  const { name, type, address, state } = report;
  const tone = state === "listening" ? "ok" : "bad";
  return [name, type, address, givesOf(report), toned(tone, state, look), sessionsOf(report), refusalsOf(report)];
}

const mostNames = 3;

/** The rotations that it gives. */
export function givesOf({ rotations }: Pick<EndpointReport, "rotations">): string {
  const rest = rotations.length - mostNames;
  const names = rotations.slice(0, mostNames).join(", ");
  return names === "" ? "-" : `${names}${rest > 0 ? ` and ${rest} more` : ""}`;
}

/** How many there are; of how many leases, where it is more than one. */
export function sessionsOf({ sessions }: Pick<EndpointReport, "sessions">): string {
  if (sessions === undefined) return "-";
  const total = sessions.reduce((sum, { count }) => sum + count, 0);
  return sessions.length > 1 ? `${total} (of ${sessions.length} leases)` : String(total);
}

/** How many were turned away, and why. */
export function refusalsOf({ refusals }: Pick<EndpointReport, "refusals">): string {
  const total = refusals.reduce((sum, { count }) => sum + count, 0);
  return total === 0 ? "0" : `${total} (${refusals.map(({ reason }) => reason).join(", ")})`;
}
