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
import { plainLength, sign, toneOf, toned, wrap, type Look } from "./look.ts";
import type { Paint } from "./terminal.ts";
import { describeExpiry, will } from "./time.ts";

const changes: Readonly<Record<PlanSink["keys"][number]["change"], string>> = {
  rotated: "would change",
  created: "would be created",
  "taken-over": "would be taken over: its present value is not ours",
  unknown: "cannot be read beforehand",
};

/** `rotate plan`: what would happen in one line, then a paragraph for each rotation. On a terminal those that are well and not due are counted, unless all are asked for. */
export function renderPlan(
  { rotations, orphans, mints = [] }: PlanReport,
  look: Look,
  { all = false }: { readonly all?: boolean } = {},
): string {
  if (rotations.length + orphans.length === 0) return "no rotations";
  const isShort = look.screen !== undefined && !all && rotations.length > 1;
  const quiet = isShort ? rotations.filter(isQuiet) : [];
  const told = rotations.filter((rotation) => !quiet.includes(rotation));
  return [
    wrap(headline(rotations), look, { rest: 2 }),
    ...told.map((rotation) => renderOne(rotation, look)),
    ...orphans.map((orphan) => renderOrphan(orphan, look)),
    ...(quiet.length > 0 ? [renderQuiet(quiet, look)] : []),
    ...renderMints(mints),
  ].join("\n\n");
}

function headline(rotations: readonly PlanRotation[]): string {
  const now = rotations.filter(({ due, waits = false }) => due && !waits);
  const reloads = now.filter(isReload).length;
  const due = now.length - reloads;
  const reloaded = reloads === 0 ? "" : `, ${reloads} would only be reloaded`;
  const failing = rotations.filter(({ checks }) => checks.some(({ result }) => result === "failed")).length;
  const failed = failing === 0 ? "" : `, ${failing} would fail`;
  const waits = rotations.filter((rotation) => rotation.waits === true).length;
  const waiting = waits === 0 ? "" : `, ${waits} ${waits === 1 ? "waits" : "wait"}`;
  return `${due} of ${rotations.length} would rotate now${reloaded}${waiting}${failed}. plan mints and writes nothing.`;
}

/** Well, not due, and nothing to say of it. */
function isQuiet({ due, standing, checks, warnings, dropped }: PlanRotation): boolean {
  const isChecked = checks.every(({ result }) => result !== "failed");
  return !due && standing.exit === 0 && isChecked && warnings.length + dropped.length === 0;
}

function renderQuiet(rotations: readonly PlanRotation[], look: Look): string {
  const [next] = rotations
    .filter(({ nextAt }) => nextAt !== undefined)
    .toSorted((a, b) => Date.parse(a.nextAt!) - Date.parse(b.nextAt!));
  const when = next?.nextAt === undefined ? "" : `; the next is ${next.name}, ${will(next.nextAt, look.now)}`;
  const what = rotations.length === 1 ? "1 is not due" : `${rotations.length} are not due`;
  return `${sign("ok", look)}${what}${when} (rotate plan --all)`;
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

function renderOne(rotation: PlanRotation, look: Look): string {
  const { paint, now } = look;
  const { name, provider, due, reason, nextAt, sinks, reloads, revocation, checks, warnings, standing, expected } =
    rotation;
  const { verify, health, dropped, waits = false } = rotation;
  const isNow = due && !waits;
  const tone = standing.exit === 0 ? (isNow ? "busy" : "ok") : toneOf(standing.state);
  const next = isNow || nextAt === undefined ? "" : `, next ${waits ? "try" : "rotation"} ${will(nextAt, now)}`;
  const told = [
    `${sign(tone, look)}${paint("bold", name)}: ${verdictOf(rotation)}${reason}${next}`,
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
  ];
  return told.map((line) => wrapped(line, look)).join("\n");
}

/** What is too long goes on under its own text; what stands before that is never parted. */
function wrapped(line: string, look: Look): string {
  const label = /^ *\S+ +/.exec(line)?.[0] ?? "";
  const first = plainLength(label);
  const rest = label.length - label.trimStart().length + 10;
  return label + wrap(line.slice(label.length), look, { first, rest }).slice(first);
}

/** What is owed is the reload alone. */
function isReload({ standing }: PlanRotation): boolean {
  return standing.code === "owed";
}

function verdictOf(rotation: PlanRotation): string {
  const { due, waits = false } = rotation;
  if (waits) return isReload(rotation) ? "waiting: " : "";
  if (due && isReload(rotation)) return "nothing would be minted or written; ";
  return due ? "would rotate, " : "not due: ";
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
