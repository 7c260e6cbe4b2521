/** The end of a `run`: what was done, what is wrong, and how all of it stands as the last line. */
import type { RotationReport, RunReport } from "@rotate/core";
import { renderCauses } from "./cause-text.ts";
import { allWell, nextSentence, type Standing, worstSentence } from "./headline.ts";
import { type Look, sign, toned, wrap } from "./look.ts";
import { describeRotation, isDone } from "./rotation-line.ts";

const shownDone = 40;

/** `rotate run` for people. */
export function renderRun(report: RunReport, look: Look): string {
  const { rotations, causes } = report;
  return [
    ...doneLines(rotations, look),
    ...warningLines(rotations, look),
    ...renderCauses(causes, look, { ends: true }),
    summary(report, look),
  ].join("\n");
}

function doneLines(rotations: readonly RotationReport[], look: Look): readonly string[] {
  const done = rotations.filter(isDone);
  const shown = look.screen === undefined ? done : done.slice(0, shownDone);
  const width = Math.max(0, ...shown.map(({ name }) => name.length));
  const lines = shown.map((one) => `${sign("ok", look)}${one.name.padEnd(width)}  ${describeRotation(one, look.now)}`);
  const rest = done.length - shown.length;
  return rest > 0 ? [...lines, `… and ${rest} more`] : lines;
}

function warningLines(rotations: readonly RotationReport[], look: Look): readonly string[] {
  return rotations.flatMap(({ name, warnings = [] }) =>
    warnings.map((warning) => wrap(`${toned("warn", "warning", look)}  ${name}: ${warning}`, look, { rest: 4 })),
  );
}

function summary({ rotations, orphans, causes }: RunReport, look: Look): string {
  const { now } = look;
  const own = rotations.map(({ name, nextAt, standing }): Standing => ({ ...standing, name, nextAt }));
  const all: readonly Standing[] = [...own, ...orphans];
  const counts = countOutcomes(rotations);
  const worst = worstSentence(all, now);
  if (worst !== undefined)
    return wrap(`${sign(worst.tone, look)}${worst.text}.${counts === "" ? "" : ` ${counts}.`}`, look, { rest: 2 });
  if (causes.length > 0) return wrap(`${sign("warn", look)}${counts}.`, look, { rest: 2 });
  const isQuiet = rotations.every(({ outcome }) => outcome === "fresh");
  const said = isQuiet ? allWell(all, now) : `${counts}.${nextSentence(all, now)}`;
  return wrap(`${sign("ok", look)}${said}`, look, { rest: 2 });
}

const order = ["rotated", "renewed", "reused", "fresh", "due", "ejected", "reload-owed", "locked", "failed"];

/** `1 rotated, 9 fresh, 2 failed`. */
function countOutcomes(rotations: readonly RotationReport[]): string {
  const words = rotations.map(wordOf);
  return order
    .map((word) => [word, words.filter((one) => one === word).length] as const)
    .filter(([, number]) => number > 0)
    .map(([word, number]) => `${number} ${word}`)
    .join(", ");
}

function wordOf({ outcome, standing }: RotationReport): string {
  if (outcome === "expired") return "failed";
  if (outcome !== "fresh") return outcome;
  return standing.state === "ejected" || standing.state === "due" ? standing.state : "fresh";
}
