import type { LeaseReport, StandingState, RotationStatus } from "@rotate/core";
import { renderError } from "./error-text.ts";
import { renderTable } from "./table.ts";
import type { Colour, Paint } from "./terminal.ts";
import { formatInstant } from "./time.ts";

const colours: Readonly<Record<StandingState, Colour>> = {
  fresh: "green",
  due: "cyan",
  "reload-owed": "yellow",
  failing: "red",
  expired: "red",
  orphaned: "yellow",
  foreign: "yellow",
  "needs-login": "red",
  never: "dim",
  ejected: "dim",
  expiring: "red",
  drift: "yellow",
  "at-risk": "yellow",
};

/** `rotate status`: a row for each rotation, and under the table what needs a word. */
export async function renderStatus(
  rotations: readonly RotationStatus[],
  { paint, now }: { paint: Paint; now: number },
): Promise<string> {
  if (rotations.length === 0) return "no rotations";
  const table = await renderTable(
    ["ROTATION", "PROVIDER", "STATE", "EXPIRES", "NEXT", "LAST SUCCESS"],
    rotations.map((rotation) => toRow(rotation, { paint, now })),
    paint,
  );
  const notes = rotations.flatMap((rotation) => describe(rotation, { paint, now }));
  return [table, ...notes].join("\n");
}

function toRow(status: RotationStatus, { paint, now }: { paint: Paint; now: number }): readonly string[] {
  const { name, provider, state, credential, expiresAt, nextAt, lastSuccess } = status;
  const when = (instant: string | undefined): string => (instant === undefined ? "-" : formatInstant(instant, now));
  const expires = expiresAt === undefined && credential !== undefined ? "never" : when(expiresAt);
  return [name, provider, paint(colours[state], state), expires, when(nextAt), when(lastSuccess)];
}

/** Nothing for a rotation that is simply well. */
function describe(status: RotationStatus, { paint, now }: { paint: Paint; now: number }): readonly string[] {
  const { name, reason, lastError, warnings, leases } = status;
  const lines = [
    ...(reason === undefined || reason === lastError?.message ? [] : [`  ${reason}`]),
    ...(lastError === undefined
      ? []
      : [`  last failure ${formatInstant(lastError.at, now)}`, ...renderError(lastError, paint)]),
    ...warnings.map((warning) => `  ${paint("yellow", "warning")}  ${warning}`),
    ...leases.filter(({ state }) => state !== "held").map((lease) => `  ${describeLease(lease, now)}`),
  ];
  return lines.length === 0 ? [] : ["", paint("bold", name), ...lines];
}

function describeLease({ id, state, expiresAt, heldBy }: LeaseReport, now: number): string {
  const expiry = expiresAt === undefined ? "" : `, ends ${formatInstant(expiresAt, now)}`;
  const holders = heldBy.length === 0 ? "" : `, may be held by ${heldBy.join(", ")}`;
  return `lease ${id}  ${state}${expiry}${holders}`;
}
