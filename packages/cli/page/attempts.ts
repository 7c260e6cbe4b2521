import type { AttemptReport, ErrorReport, HistoryEvent, PhaseReport } from "@rotate/core";
import { toneOf as toneOfState } from "../src/output/look.ts";
import { formatElapsed } from "../src/output/time.ts";
import { h, todo, typed } from "./dom.ts";
import { clockOf, stampOf } from "./words.ts";

const strip = 40;

/** What was tried, newest first: a strip of the last forty, then each with its phases; failures in a row for one reason are one entry. */
export function attemptsOf(attempts: readonly AttemptReport[]): readonly HTMLElement[] {
  if (attempts.length === 0) return [h("p", { class: "quiet" }, "None yet.")];
  const marks = attempts.slice(0, strip).toReversed();
  return [
    h(
      "div",
      { class: "strip", "aria-hidden": "true" },
      marks.map(({ outcome }) => h("i", { class: toneOf(outcome) })),
    ),
    h(
      "div",
      { class: "line" },
      folded(attempts).map((group, at) => groupOf(group, at === 0)),
    ),
  ];
}

/** What happened beside the attempts. */
export function eventsOf(events: readonly HistoryEvent[]): readonly HTMLElement[] {
  const rows = events
    .slice(0, strip)
    .map(({ at, message, after }) =>
      h(
        "li",
        {},
        h("time", { datetime: at }, stampOf(at)),
        " ",
        after && stateOf(after),
        h("span", {}, typed(message)),
      ),
    );
  return rows.length === 0
    ? []
    : [h("h2", { class: "sec" }, "Beside the attempts"), h("ol", { class: "events" }, rows)];
}

function stateOf({ state }: NonNullable<HistoryEvent["after"]>): HTMLElement {
  return h("b", { class: `st ${toneOfState(state)} dot` }, state, " ");
}

function toneOf(outcome: AttemptReport["outcome"]): string {
  if (outcome === "failed" || outcome === "expired") return "bad";
  return outcome === "reload-owed" || outcome === "locked" ? "warn" : "ok";
}

function errorOf({ phases }: AttemptReport): ErrorReport | undefined {
  return phases.find(({ error }) => error !== undefined)?.error;
}

type Group = readonly [AttemptReport, ...AttemptReport[]];

function folded(attempts: readonly AttemptReport[]): readonly Group[] {
  const groups: [AttemptReport, ...AttemptReport[]][] = [];
  for (const attempt of attempts) {
    const group = groups.at(-1);
    const error = errorOf(attempt);
    const isSame = group !== undefined && error !== undefined && errorOf(group[0])?.message === error.message;
    if (isSame && group[0].outcome === attempt.outcome) group.push(attempt);
    else groups.push([attempt]);
  }
  return groups;
}

function groupOf(group: Group, open: boolean): HTMLElement {
  const [attempt] = group;
  const failed = attempt.phases.find(({ error }) => error !== undefined);
  const first = group.at(-1) ?? attempt;
  const why = group.length > 1 ? `${group.length} times the same since ${clockOf(first.startedAt)}` : attempt.why;
  return h(
    "details",
    { open },
    h(
      "summary",
      { class: `${toneOf(attempt.outcome)} dot` },
      h("span", { class: "what" }, failed === undefined ? attempt.outcome : `${failed.phase} failed`),
      h("time", { datetime: attempt.startedAt }, stampOf(attempt.startedAt)),
      h("span", { class: "why" }, why),
      h("span", {}, formatElapsed(attempt.durationMs)),
    ),
    h("ol", { class: "ph" }, phasesOf(attempt.phases), notReached(attempt.phases)),
  );
}

function phasesOf(phases: readonly PhaseReport[]): readonly HTMLElement[] {
  const total = Math.max(
    1,
    phases.reduce((sum, { durationMs }) => sum + durationMs, 0),
  );
  let at = 0;
  return phases.flatMap((phase) => {
    const from = at;
    at += phase.durationMs;
    return phase.result === "not-run" || phase.result === "skipped" ? [] : [phaseOf(phase, from / total, at / total)];
  });
}

/** A phase as the share of the whole that it took. */
function phaseOf({ phase, durationMs, error, detail }: PhaseReport, from: number, to: number): HTMLElement {
  const track = h("span", { class: "tr", "aria-hidden": "true" });
  track.style.setProperty("--a", `${from * 100}%`);
  track.style.setProperty("--b", `${Math.max(to * 100, from * 100 + 1.5)}%`);
  return h(
    "li",
    { class: error === undefined ? "ok" : "bad" },
    h("span", {}, phase),
    track,
    h("span", {}, formatElapsed(durationMs)),
    h("span", { class: "d" }, error === undefined ? detail : "failed"),
    error !== undefined && h("div", { class: "err" }, h("p", {}, typed(error.message)), todo(error.hint)),
  );
}

function notReached(phases: readonly PhaseReport[]): HTMLElement | undefined {
  const names = phases.filter(({ result }) => result === "not-run").map(({ phase }) => phase);
  if (names.length === 0) return undefined;
  return h("li", {}, h("span", { class: "err d" }, `Not reached: ${names.join(", ")}`));
}
