import { placeOf } from "@rotate/core";
import { figure } from "../src/output/figure.ts";
import { stateOrder } from "../src/output/headline.ts";
import { span, will } from "../src/output/time.ts";
import { h, todo, typed } from "./dom.ts";
import type { CauseView, Overview } from "./model.ts";
import { clockOf, many, toneOf } from "./words.ts";

/** What can be done with the causes. */
export interface CauseActions {
  /** The cause whose rotations are shown; empty: of all. */
  readonly shown: string;
  readonly isWhole: boolean;
  readonly show: (id: string) => void;
  readonly toggle: () => void;
}

const firstCauses = 3;

/** What is wrong, each thing once with what to do; what keeps the daemon itself from its work before all. */
export function causesOf(overview: Overview, actions: CauseActions, now: number): readonly HTMLElement[] {
  const { causes } = overview;
  const shown = actions.isWhole ? causes : causes.slice(0, firstCauses);
  const rest = causes.length - firstCauses;
  const text = actions.isWhole ? `Show ${firstCauses}` : `Show ${many(rest, "more cause")}`;
  return [
    ...troublesOf(overview),
    ...shown.map((cause) => causeOf(cause, actions, now)),
    ...(rest > 0 ? [h("button", { type: "button", class: "plain", onclick: actions.toggle }, text)] : []),
  ];
}

function troublesOf({ troubles, specProblem, spec }: Overview): readonly HTMLElement[] {
  const told = troubles.map(({ message, hint }) => ({ title: "rotate itself", message, hint }));
  const refused = {
    title: "The spec as it stands is refused",
    message: specProblem?.trim().split("\n")[0] ?? "",
    hint: `the running one goes on; \`rotate validate -f ${spec}\` shows what is wrong`,
  };
  return [...told, ...(specProblem === undefined ? [] : [refused])].map(({ title, message, hint }) =>
    h(
      "article",
      { class: "cause warn dot" },
      h("div", {}, h("h2", {}, title), h("p", { class: "msg" }, typed(message))),
      h("div", {}, todo(hint)),
    ),
  );
}

function causeOf(cause: CauseView, { shown, show }: CauseActions, now: number): HTMLElement {
  const { id, count, names, message, messages, hint, state } = cause;
  const [first = ""] = names;
  const title = count === 1 ? h("a", { href: linkTo(first) }, first) : many(count, "credential");
  const isShown = shown === id;
  const button = h(
    "button",
    { type: "button", "aria-pressed": String(isShown), onclick: () => show(isShown ? "" : id) },
    isShown ? "Show all again" : `Show these ${figure(count)}`,
  );
  const more = messages.length > 1 ? ` (and ${many(messages.length - 1, "other message")})` : "";
  return h(
    "article",
    { class: `cause ${toneOf(state)} dot` },
    h(
      "div",
      {},
      h("h2", {}, title, ` · ${placeOf(cause) ?? state}`),
      h("p", { class: "msg" }, typed(message), more),
      h("p", {}, timesOf(cause, now)),
    ),
    h("div", {}, todo(hint), count > 1 && button),
  );
}

/** Where a rotation is shown whole. */
export function linkTo(name: string): string {
  return `#/r/${encodeURIComponent(name)}`;
}

function timesOf({ count, states, since, nextAt, isError, firstEnd }: CauseView, now: number): string {
  const parts = stateOrder.flatMap((one) => (states[one] ? [`${figure(states[one])} ${one}`] : []));
  const left = firstEnd === undefined ? 0 : Date.parse(firstEnd) - now;
  const tried = nextAt === undefined ? "not tried again by itself" : `next try ${will(nextAt, now)}`;
  return [
    count > 1 ? parts.join(", ") : "",
    since === undefined ? "" : `since ${clockOf(since)}`,
    isError ? tried : "",
    left > 0 && count > 1 ? `${states.expired ? "the first of the others" : "the first"} ends in ${span(left)}` : "",
    left > 0 && count === 1 ? `ends in ${span(left)}` : "",
  ]
    .filter((text) => text !== "")
    .join(" · ");
}
