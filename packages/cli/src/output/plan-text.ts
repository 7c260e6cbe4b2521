import type {
  MintsReport,
  PlanAction,
  PlanDrop,
  PlanReport,
  PlanRotation,
  PlanSink,
  RotationStatus,
} from "@rotate/core";
import { renderError } from "./error-text.ts";
import { toneOf, toned, type Look } from "./look.ts";
import type { Paint } from "./terminal.ts";
import { describeExpiry, will } from "./time.ts";

const changes: Readonly<Record<PlanSink["keys"][number]["change"], string>> = {
  rotated: "would change",
  created: "would be created",
  "taken-over": "would be taken over: its present value is not ours",
  unknown: "cannot be read beforehand",
};

/** `rotate plan`: a paragraph for each rotation. */
export function renderPlan({ rotations, orphans, mints = [] }: PlanReport, look: Look): string {
  if (rotations.length + orphans.length === 0) return "no rotations";
  const left = orphans.map((orphan) => renderOrphan(orphan, look));
  return [...rotations.map((rotation) => renderOne(rotation, look)), ...left, ...renderMints(mints)].join("\n\n");
}

/** What each provider should give, beside what it gave. */
function renderMints(mints: readonly MintsReport[]): readonly string[] {
  const lines = mints
    .filter(({ actual }) => actual > 0)
    .map(({ provider, expected, actual }) => {
      const about = expected === undefined ? "nobody can tell yet how many are" : `about ${amount(expected)}`;
      return `  ${provider}: ${about} expected, ${actual} made in the last 24h`;
    });
  return lines.length === 0 ? [] : [["mints a day", ...lines].join("\n")];
}

/** One that the spec does not have any more. */
function renderOrphan({ name, state, expiresAt, reason = "" }: RotationStatus, look: Look): string {
  return `${look.paint("bold", name)}  ${toned(toneOf(state), state, look)}  ${describeExpiry(expiresAt, look.now)}, ${reason}`;
}

function renderOne(rotation: PlanRotation, { paint, now }: Look): string {
  const { name, provider, due, reason, nextAt, sinks, reloads, revocation, checks, warnings, standing, expected } =
    rotation;
  const { verify, health, dropped } = rotation;
  const verdict = due ? paint("cyan", "due") : paint("green", "not due");
  const next = due || nextAt === undefined ? "" : `, next rotation ${will(nextAt, now)}`;
  return [
    `${paint("bold", name)}  ${verdict}: ${reason}${next}`,
    ...(standing.exit === 0 || standing.reason === undefined
      ? []
      : [`  stands    ${standing.state}: ${standing.reason}`]),
    `  provider  ${provider}`,
    ...(expected ? [`  expected  ${renderExpected(expected)}`] : []),
    ...verify.map((probe) => `  verify    ${renderAction(probe)}`),
    ...sinks.flatMap(renderSink),
    ...dropped.map((drop) => `  dropped   ${renderDrop(drop, now)}`),
    ...reloads.map((reload) => `  reload    ${renderAction(reload)}`),
    ...health.map((probe) => `  health    ${renderAction(probe)}`),
    `  previous  ${revocation}`,
    ...checks.flatMap((check) => renderCheck(check, paint)),
    ...warnings.map((warning) => `  ${paint("yellow", "warning")}   ${warning}`),
  ].join("\n");
}

/** `app: systemd backstage.service`. */
function renderAction({ type, name, target, adopts }: PlanAction): string {
  const what = target === undefined ? type : `${type} ${target}`;
  const shown = adopts === false ? " (tells the consumer; does not show that it took it up)" : "";
  return `${name === undefined ? "" : `${name}: `}${what}${shown}`;
}

function renderDrop({ type, target, keys, expiresAt }: PlanDrop, now: number): string {
  return `${type} ${target}: ${keys.join(", ")}: abandoned, not written any more; what it may hold ${describeExpiry(expiresAt, now)}`;
}

/** `about 36 mints a day`, `about 1 mint and 35 renewals a day`. */
function renderExpected({ mintsPerDay, renewalsPerDay }: NonNullable<PlanRotation["expected"]>): string {
  const mints = `${amount(mintsPerDay)} ${Math.round(mintsPerDay) === 1 ? "mint" : "mints"}`;
  if (renewalsPerDay === 0) return `about ${mints} a day`;
  if (mintsPerDay === 0)
    return `about ${amount(renewalsPerDay)} renewals a day, and a mint when the issuer renews no more`;
  return `about ${mints} and ${amount(renewalsPerDay)} renewals a day`;
}

function amount(perDay: number): string {
  return perDay >= 1 || perDay === 0 ? String(Math.round(perDay)) : perDay.toFixed(1);
}

function renderSink({ type, target, keys }: PlanSink): readonly string[] {
  const width = Math.max(0, ...keys.map(({ key }) => key.length));
  return [
    `  sink      ${type} ${target}`,
    ...keys.map(({ key, change }) => `              ${key.padEnd(width)}  ${changes[change]}`),
  ];
}

function renderCheck({ what, result, error }: PlanRotation["checks"][number], paint: Paint): readonly string[] {
  if (result === "not-checked") return [`  check     ${what}: not checked`];
  if (result === "ok") return [`  check     ${what}: ${paint("green", "ok")}`];
  const line = `  check     ${what}: ${paint("red", "failed")}`;
  return error === undefined ? [line] : [line, ...renderError(error, paint).map((part) => `  ${part}`)];
}
