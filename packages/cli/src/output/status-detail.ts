import type { CauseReport, LeaseReport, RotationStatus } from "@rotate/core";
import { renderCauses } from "./cause-text.ts";
import { headline } from "./headline.ts";
import { renderError } from "./error-text.ts";
import { type Look, toned, wrap } from "./look.ts";
import { tableOf } from "./status-table.ts";
import { ago, describeExpiry } from "./time.ts";

/** `rotate status NAME`: one rotation with all that is known of it. */
export async function renderDetail(
  status: RotationStatus,
  { causes, stateDir }: { readonly causes: readonly CauseReport[]; readonly stateDir: string },
  look: Look,
): Promise<string> {
  const { credential, lastSuccess, lastError, warnings, leases } = status;
  const { now, paint } = look;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["provider", status.provider],
    ["credential", credential && `${credential.fingerprint}, issued ${ago(credential.issuedAt, now)}`],
    // Its own end: what the headline and the table tell is that of all that may be held.
    ["", credential?.expiresAt && `it ${describeExpiry(credential.expiresAt, now)}`],
    ["last success", lastSuccess && ago(lastSuccess, now)],
    ["last failure", lastError && ago(lastError.at, now)],
  ];
  const width = Math.max(...facts.map(([label]) => label.length));
  const isTold = lastError === undefined || causes.some(({ code }) => code === lastError.code);
  return [
    headline([status], look),
    "",
    ...told(causes, look),
    await tableOf([status], look),
    "",
    ...facts.flatMap(([label, text]) => (text === undefined ? [] : [`  ${label.padEnd(width)}  ${text}`])),
    ...(isTold || lastError === undefined ? [] : renderError(lastError, paint).map((line) => `  ${line}`)),
    ...warnings.map((warning) => wrap(`${toned("warn", "warning", look)}  ${warning}`, look, { first: 2, rest: 4 })),
    ...leases.filter((lease) => isAlive(lease, now)).map((lease) => `  ${describeLease(lease, now)}`),
    paint("dim", `  ${"state".padEnd(width)}  ${stateDir}`),
  ].join("\n");
}

function told(causes: readonly CauseReport[], look: Look): readonly string[] {
  const lines = renderCauses(causes, look, { ends: false });
  return lines.length === 0 ? [] : [...lines, ""];
}

/** What has ended is not told of. */
function isAlive({ expiresAt }: LeaseReport, now: number): boolean {
  return expiresAt === undefined || Date.parse(expiresAt) > now;
}

/** A lease that is alive, and what becomes of it. */
function describeLease({ id, state, expiresAt, heldBy }: LeaseReport, now: number): string {
  const expiry = expiresAt === undefined ? "" : `, ${describeExpiry(expiresAt, now)}`;
  const holders = heldBy.length === 0 ? "" : `, may be held by ${heldBy.join(", ")}`;
  return `lease ${id}  ${state}${expiry}${holders}`;
}
