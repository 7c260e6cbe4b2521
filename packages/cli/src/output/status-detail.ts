import type { CauseReport, DetailReport, LeaseReport, PlanAction, RotationStatus } from "@rotate/core";
import { renderCauses } from "./cause-text.ts";
import { headline } from "./headline.ts";
import { renderHistory } from "./history-table.ts";
import { renderError } from "./error-text.ts";
import { type Look, toned, wrap } from "./look.ts";
import { tableOf } from "./status-table.ts";
import { ago, describeExpiry } from "./time.ts";

/** What is told beside the rotation itself. */
export interface DetailView extends Partial<Pick<DetailReport, "attempts" | "events">> {
  readonly causes: readonly CauseReport[];
  /** The directory of the state. */
  readonly stateDir: string;
}

const shownRows = 5;

/** `rotate status NAME`: one rotation with all that is known of it. */
export function renderDetail(
  status: DetailReport["rotation"],
  { causes, stateDir, attempts = [], events = [] }: DetailView,
  look: Look,
): string {
  const { credential, lastSuccess, lastError, warnings, leases, rotating } = status;
  const { now, paint } = look;
  const past = { version: 1 as const, attempts, events };
  const facts: readonly Fact[] = [
    [
      "provider",
      status.kind === undefined || status.kind === status.provider
        ? status.provider
        : `${status.provider} (${status.kind})`,
    ],
    ["times", timesOf(status, look)],
    ["credential", credential && `${credential.fingerprint}, issued ${ago(credential.issuedAt, now)}`],
    // Its own end: what the headline and the table tell is that of all that may be held.
    ["", credential?.expiresAt && `it ${describeExpiry(credential.expiresAt, now)}`],
    ["rotating", rotating?.waitsFor && `its reload waits for ${rotating.waitsFor}`],
    ["last success", lastSuccess && ago(lastSuccess, now)],
    ["last failure", lastError && `${ago(lastError.at, now)}${triesOf(status, now)}`],
    ...partsOf(status),
    ...listed(
      "leases",
      leases.filter((lease) => isAlive(lease, now)).map((lease) => describeLease(lease, now)),
    ),
  ];
  const width = Math.max(...facts.map(([label]) => label.length));
  const isTold = lastError === undefined || causes.some(({ code }) => code === lastError.code);
  return [
    headline([status], look),
    "",
    ...told(causes, look),
    tableOf([status], look),
    "",
    ...facts.flatMap(([label, text]) =>
      text === undefined
        ? []
        : [
            wrap(`${label.padEnd(width, "\u00a0")}\u00a0\u00a0${text}`, look, { first: 2, rest: width + 4 }).replaceAll(
              "\u00a0",
              " ",
            ),
          ],
    ),
    ...(isTold || lastError === undefined ? [] : renderError(lastError, paint).map((line) => `  ${line}`)),
    ...warnings.map((warning) => wrap(`${toned("warn", "warning", look)}  ${warning}`, look, { first: 2, rest: 4 })),
    paint("dim", `  ${"state".padEnd(width)}  ${stateDir}`),
    ...(past.attempts.length + past.events.length === 0
      ? []
      : ["", renderHistory(past, { limit: shownRows, whole: false }, look)]),
  ].join("\n");
}

type Fact = readonly [label: string, text: string | undefined];

/** `refresh 03:11:05, deadline 03:26:04`: local on a terminal. */
function timesOf({ refreshAt, deadline, expiresAt }: RotationStatus, { screen }: Look): string | undefined {
  const times = Object.entries({ refresh: refreshAt, deadline, ends: expiresAt }).flatMap(([word, at]) =>
    at === undefined ? [] : [`${word} ${screen === undefined ? at : new Date(at).toLocaleString("sv-SE")}`],
  );
  return times.length === 0 ? undefined : times.join(", ");
}

function triesOf({ failures = 0, failingSince }: RotationStatus, now: number): string {
  return failures > 1 && failingSince !== undefined ? `, ${failures} tries since ${ago(failingSince, now)}` : "";
}

/** Where it is written and who is told, a line each. */
function partsOf({
  request = {},
  sinks = [],
  reloads = [],
  verify = [],
  health = [],
}: DetailReport["rotation"]): readonly Fact[] {
  const asked = Object.entries(request).map(([key, value]) => `${key}: ${value}`);
  return [
    ...listed("request", asked.length === 0 ? [] : [asked.join(", ")]),
    ...listed("written to", sinks.map(sinkText)),
    ...listed("verified by", verify.map(actionText)),
    ...listed(
      "reload",
      reloads.map((reload) => `${actionText(reload)}${reload.owed ? ", owed" : ""}`),
    ),
    ...listed("health", health.map(actionText)),
  ];
}

function listed(label: string, texts: readonly string[]): readonly Fact[] {
  return texts.map((text, at) => [at === 0 ? label : "", text]);
}

function sinkText({ type, target, keys, result }: NonNullable<DetailReport["rotation"]["sinks"]>[number]): string {
  const isPlain = result === "written" || result === "unknown";
  return `${type} ${target}${keys.length === 0 ? "" : `: ${keys.join(", ")}`}${isPlain ? "" : ` (${result})`}`;
}

function actionText({ type, name, target }: PlanAction): string {
  const what = name === undefined ? type : `${name} (${type})`;
  return target === undefined ? what : `${what} ${target}`;
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
  return `${id}: ${state}${expiry}${holders}`;
}
