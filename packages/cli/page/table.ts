import { figure } from "../src/output/figure.ts";
import { h, put } from "./dom.ts";
import { compareRows, type Filter, matches, type Row } from "./model.ts";
import { createRow, type RowView } from "./rows.ts";
import { many } from "./words.ts";

/** The table of rotations that match, worst first. */
export interface TableView {
  readonly element: HTMLElement;
  /** What is shown of how many, in words. */
  readonly count: HTMLElement;
  /** What shows more of them. */
  readonly more: HTMLElement;
  readonly show: (rotations: readonly Row[], filter: Filter) => void;
  /** Shows the time that has passed. */
  readonly tick: (now: number) => void;
  readonly row: (name: string) => HTMLElement | undefined;
}

/** Rows at first, and more at a time: a page that is long enough to be read, and short enough to be drawn at once. */
const pageOf = 100;
const mostRows = 1_000;
const headings = ["Credential", "State", "Life", "Next", "Last"];

/** An empty table. @param now tells the time, ms since 1970 @param clear shows all again */
export function createTable(now: () => number, clear: () => void): TableView {
  let rotations: readonly Row[] = [];
  let filter: Filter | undefined;
  let shown = pageOf;
  let sorted: readonly Row[] = [];
  let rows: ReadonlyMap<string, RowView> = new Map();
  const body = h("tbody", { role: "rowgroup" });
  const count = h("span", { class: "count", role: "status" });
  const more = h("div", { class: "more" });
  const heads = headings.map((text) => h("th", { scope: "col", role: "columnheader" }, text));
  const head = h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads));

  function render(): void {
    sorted = isHeld(body) ? keepOrder(sorted, rotations) : rotations.toSorted(compareRows);
    const hits = filter === undefined ? sorted : sorted.filter((row) => matches(row, filter!));
    const time = now();
    const before = rows;
    rows = new Map(hits.slice(0, shown).map((row) => [row.name, viewOf(before.get(row.name), row, time)]));
    place(
      body,
      [...rows.values()].map(({ element }) => element),
    );
    const part = `${figure(hits.length)} of ${figure(sorted.length)}`;
    put(count, hits.length === sorted.length ? many(hits.length, "credential") : part);
    more.replaceChildren(...(hits.length === 0 && sorted.length > 0 ? nothing(clear) : moreOf(hits.length)));
  }

  function moreOf(hits: number): readonly HTMLElement[] {
    const rest = hits - shown;
    if (rest <= 0) return [];
    const whole = rest > pageOf && hits <= mostRows ? [moreButton(`Show all ${figure(hits)}`, mostRows)] : [];
    return [moreButton(`Show ${Math.min(rest, pageOf)} more`, shown + pageOf), ...whole];
  }

  function moreButton(text: string, to: number): HTMLElement {
    return h("button", { type: "button", onclick: () => showMore(to) }, text);
  }

  function showMore(to: number): void {
    const first = shown;
    shown = to;
    render();
    body.children[first]?.querySelector("a")?.focus();
  }

  return {
    element: h("table", { role: "table" }, head, body),
    count,
    more,
    show(next, wanted) {
      if (wanted !== filter) shown = pageOf;
      [rotations, filter] = [next, wanted];
      render();
    },
    tick: (time) => rows.forEach((view) => view.tick(time)),
    row: (name) => rows.get(name)?.element,
  };
}

/** Nothing moves under the hand. */
function isHeld(body: HTMLElement): boolean {
  return body.matches(":hover") || body.contains(document.activeElement);
}

/** In the order of before; sorted anew when there are others. */
function keepOrder(before: readonly Row[], rotations: readonly Row[]): readonly Row[] {
  const byName = new Map(rotations.map((row) => [row.name, row]));
  const kept = before.flatMap(({ name }) => byName.get(name) ?? []);
  return kept.length === rotations.length ? kept : rotations.toSorted(compareRows);
}

function viewOf(view: RowView | undefined, row: Row, time: number): RowView {
  if (view === undefined) return createRow(row, time);
  if (view.row() !== row) view.show(row, time);
  return view;
}

/** Leaves alone what is in its place: the focus stays, and nothing is drawn for nothing. */
function place(body: HTMLElement, wanted: readonly HTMLElement[]): void {
  const isSame = wanted.length === body.children.length && wanted.every((row, at) => row === body.children[at]);
  if (!isSame) body.replaceChildren(...wanted);
}

function nothing(clear: () => void): readonly HTMLElement[] {
  const button = h("button", { type: "button", onclick: clear }, "Show all");
  return [h("p", { class: "quiet" }, "Nothing matches. "), button];
}
