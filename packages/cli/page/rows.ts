import { ago, will } from "../src/output/time.ts";
import { drawBar } from "./bar.ts";
import { linkTo } from "./causes.ts";
import { h, mark, put } from "./dom.ts";
import { lastOf, type Row } from "./model.ts";
import { lifeText, toneOf } from "./words.ts";

/** A row of the table, which stays the same element as long as its rotation is there. */
export interface RowView {
  readonly element: HTMLTableRowElement;
  readonly row: () => Row;
  /** Shows another state of the same rotation. */
  readonly show: (row: Row, now: number) => void;
  /** Shows the time that has passed. */
  readonly tick: (now: number) => void;
}

/** A row for a rotation. @param now ms since 1970 */
export function createRow(first: Row, now: number): RowView {
  let row = first;
  const bar = h("span", { class: "bar", "aria-hidden": "true" });
  const state = h("td", { class: "st", role: "cell" });
  const [life, coming, nextNote, last, lastNote] = [h("small"), h("span"), h("small"), h("span"), h("small")];
  const { name } = first;
  const element = h(
    "tr",
    { role: "row" },
    h("td", { class: "name", role: "cell" }, h("a", { href: linkTo(name) }, name), h("small", {}, whoseOf(first))),
    state,
    h("td", { class: "life", role: "cell" }, bar, life),
    h("td", { class: "next", role: "cell" }, coming, nextNote),
    h("td", { class: "last", role: "cell" }, last, lastNote),
  );

  function tick(time: number): void {
    drawBar(bar, row, time);
    put(life, lifeText(row, time));
    put(coming, nextText(row, time));
    const at = lastOf(row)?.at;
    put(last, at === undefined ? "–" : ago(at, time));
  }

  function show(next: Row, time: number): void {
    row = next;
    const tone = toneOf(row.state);
    mark(element, tone);
    mark(state, `st ${tone}`);
    state.replaceChildren(row.state, ...noteOf(row));
    put(nextNote, nextNoteOf(row));
    put(lastNote, lastOf(row)?.outcome ?? "");
    tick(time);
  }

  show(first, now);
  return { element, row: () => row, show, tick };
}

function whoseOf({ provider, kind, host }: Row): string {
  const words = [provider, kind === provider ? undefined : kind, host === undefined ? undefined : `on ${host}`];
  return words.filter((word) => word !== undefined).join(" · ");
}

function noteOf({ rotating, failures = 0 }: Row): readonly HTMLElement[] {
  if (rotating !== undefined) return [h("small", {}, "rotating")];
  return failures > 1 ? [h("small", {}, `${failures} tries`)] : [];
}

/** When something happens by itself. @param now ms since 1970 */
export function nextText({ rotating, nextAt }: Row, now: number): string {
  if (rotating !== undefined) return "now";
  return nextAt === undefined ? "nothing planned" : will(nextAt, now);
}

function nextNoteOf({ rotating, nextAt, lastError, exit }: Row): string {
  if (rotating !== undefined) return rotating.phase;
  if (nextAt === undefined) return "";
  return lastError === undefined || exit === 0 ? "rotation" : "next try";
}
