import type { PlanRotation, PlanSink } from "@rotate/core";
import { renderError } from "./error-text.ts";
import type { Paint } from "./terminal.ts";
import { formatInstant } from "./time.ts";

const changes: Readonly<Record<PlanSink["keys"][number]["change"], string>> = {
  rotated: "would change",
  created: "would be created",
  "taken-over": "would be taken over: its present value is not ours",
  unknown: "cannot be read beforehand",
};

/** `rotate plan`: a paragraph for each rotation. */
export function renderPlan(rotations: readonly PlanRotation[], look: { paint: Paint; now: number }): string {
  return rotations.length === 0 ? "no rotations" : rotations.map((rotation) => renderOne(rotation, look)).join("\n\n");
}

function renderOne(rotation: PlanRotation, { paint, now }: { paint: Paint; now: number }): string {
  const { name, provider, due, reason, nextAt, sinks, reloads, revocation, checks, warnings } = rotation;
  const verdict = due ? paint("cyan", "due") : paint("green", "not due");
  const next = due || nextAt === undefined ? "" : `, next rotation ${formatInstant(nextAt, now)}`;
  return [
    `${paint("bold", name)}  ${verdict}: ${reason}${next}`,
    `  provider  ${provider}`,
    ...sinks.flatMap(renderSink),
    ...reloads.map(
      ({ type, name: label, adopts }) =>
        `  reload    ${label ?? type}${adopts ? "" : " (tells the consumer; does not show that it took it up)"}`,
    ),
    `  previous  ${revocation}`,
    ...checks.flatMap((check) => renderCheck(check, paint)),
    ...warnings.map((warning) => `  ${paint("yellow", "warning")}   ${warning}`),
  ].join("\n");
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
