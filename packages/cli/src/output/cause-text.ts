/** What is wrong, each cause once: who, where, why, what to do. */
import { placeOf, type CauseReport, type TroubleReport } from "@rotate/core";
import { figure } from "./figure.ts";
import { countStates } from "./headline.ts";
import { type Look, sign, toneOf, wrap } from "./look.ts";
import { count } from "./event-line.ts";
import { span, will } from "./time.ts";

const shownCauses = 5;
const shownNames = 3;
const shownMessages = 3;

/** What the words depend on besides the causes. */
export interface CauseWords {
  /** Is this process about to end, so that nothing is tried again before the next one? */
  readonly ends: boolean;
}

/** The causes, the worst first; above five, how many more there are. */
export function renderCauses(causes: readonly CauseReport[], look: Look, words: CauseWords): readonly string[] {
  const shown = look.screen === undefined ? causes : causes.slice(0, shownCauses);
  const rest = causes.length - shown.length;
  return [
    ...shown.flatMap((cause) => renderCause(cause, look, words)),
    ...(rest > 0 ? [`${count(rest, "more cause")}: rotate status --all`] : []),
  ];
}

/** What keeps a running watch itself from its work. */
export function renderTroubles(troubles: readonly TroubleReport[], look: Look): readonly string[] {
  const { paint } = look;
  const line = (text: string): string => wrap(text, look, { first: 4, rest: 8 });
  return troubles.flatMap(({ code, message, hint }) => [
    `${sign("bad", look)}${paint("bold", "rotate watch")}: kept from its work`,
    line(message),
    ...(hint === undefined ? [] : [line(`${paint("cyan", "do")}  ${hint}`)]),
    line(paint("dim", `see rotate explain ${code}`)),
  ]);
}

function renderCause(cause: CauseReport, look: Look, words: CauseWords): readonly string[] {
  const { paint } = look;
  const { names, messages, hint, code, isError } = cause;
  const [first = ""] = names;
  const who = names.length === 1 ? first : `${figure(names.length)} credentials`;
  const where = placeOf(cause) ?? cause.state;
  const more = messages.length - shownMessages;
  const line = (text: string, indent = 0): string => wrap(text, look, { first: 4, rest: 4 + indent });
  return [
    `${sign(toneOf(cause.state), look)}${paint("bold", who)}: ${where}`,
    ...messages.slice(0, shownMessages).map((message) => line(message)),
    ...(more > 0 ? [line(`and ${count(more, "other message")}`)] : []),
    ...(names.length === 1 ? [] : [line(membersOf(cause))]),
    ...timesOf(cause, look.now, words).map((text) => line(text)),
    ...(hint === undefined ? [] : [line(`${paint("cyan", "do")}  ${hint}`, 4)]),
    ...(isError ? [line(paint("dim", `see rotate explain ${code}`), 4)] : []),
  ];
}

/** `4 expired, 17 expiring: a, b, c, 18 more`. */
function membersOf({ names, states }: CauseReport): string {
  const all = Object.entries(states).flatMap(([state, number]) =>
    Array.from({ length: number }, () => state as keyof typeof states),
  );
  const rest = names.length - shownNames;
  const listed = [...names.slice(0, shownNames), ...(rest > 0 ? [`${figure(rest)} more`] : [])];
  return `${countStates(all)}: ${listed.join(", ")}`;
}

function timesOf(
  { state, names, nextAt, firstEnd, isError, states }: CauseReport,
  now: number,
  { ends }: CauseWords,
): readonly string[] {
  const left = firstEnd === undefined ? 0 : Date.parse(firstEnd) - now;
  const others = (states.expired ?? 0) > 0 ? "the first of the others" : "the first";
  const works =
    left <= 0 ? [] : [names.length === 1 ? `works for ${span(left)} more` : `${others} ends in ${span(left)}`];
  const isTried = isError && nextAt !== undefined && state !== "orphaned";
  const tried = isTried ? [ends ? "tried again at the next run" : `next try ${will(nextAt, now)}`] : [];
  const times = [...tried, ...works];
  return times.length === 0 ? [] : [times.join(", ")];
}
