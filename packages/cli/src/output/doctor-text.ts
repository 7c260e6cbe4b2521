/** `rotate doctor`: what was found, the worst first, each with what to do; then what was looked at. */
import type { DoctorReport, Examination, Finding, Severity } from "@rotate/core";
import { count } from "./event-line.ts";
import { type Look, sign, type Tone, wrap } from "./look.ts";

const tones: Readonly<Record<Severity, Tone>> = { error: "bad", warning: "warn", note: "note" };
const shownNames = 5;

/** The whole report. */
export function renderDoctor({ findings, examined, ignored }: DoctorReport, look: Look): string {
  const hidden = ignored.length === 0 ? [] : [wrap(`ignored: ${ignored.join(", ")}`, look, { rest: 2 })];
  return [
    headline(findings, look),
    ...findings.map((finding) => renderFinding(finding, look)),
    [...renderExamined(examined, look), ...hidden].join("\n"),
  ].join("\n\n");
}

function headline(findings: readonly Finding[], look: Look): string {
  const counts = (["error", "warning", "note"] as const).flatMap((severity) => {
    const number = findings.filter((finding) => finding.severity === severity).length;
    return number === 0 ? [] : [count(number, severity)];
  });
  const [worst] = findings;
  if (worst === undefined) return `${sign("ok", look)}Nothing wrong was found.`;
  return `${sign(tones[worst.severity], look)}${counts.join(", ")}.`;
}

function renderFinding({ severity, about, message, remedy, code, rotations = [] }: Finding, look: Look): string {
  const { paint } = look;
  const line = (text: string, indent = 0): string => wrap(text, look, { first: 4, rest: 4 + indent });
  const rest = rotations.length - shownNames;
  const names = [...rotations.slice(0, shownNames), ...(rest > 0 ? [`${rest} more`] : [])].join(", ");
  return [
    wrap(`${sign(tones[severity], look)}${look.signs === "none" ? `${severity}  ` : ""}${paint("bold", about)}`, look, {
      rest: 4,
    }),
    line(message),
    ...(names === "" ? [] : [line(`of ${names}`)]),
    line(`${paint("cyan", "do")}  ${remedy}`, 4),
    line(paint("dim", `see rotate explain ${code}`), 4),
  ].join("\n");
}

const resultTones: Readonly<Record<Examination["result"], Tone>> = {
  good: "ok",
  found: "warn",
  "not-looked-at": "off",
};
const resultWords: Readonly<Record<Examination["result"], string>> = {
  good: "good",
  found: "found",
  "not-looked-at": "not looked at",
};

/** One line for each; where no signs are shown, a word stands for them. */
function renderExamined(examined: readonly Examination[], look: Look): readonly string[] {
  const width = Math.max(...examined.map(({ name }) => name.length));
  return examined.map(({ name, result, seen }) => {
    const verdict = look.signs === "none" ? resultWords[result].padEnd(15) : sign(resultTones[result], look);
    const head = `${verdict}${name.padEnd(width)}  `;
    return wrap(`${head}${result === "good" ? look.paint("dim", seen) : seen}`, look, { rest: width + 4 });
  });
}
