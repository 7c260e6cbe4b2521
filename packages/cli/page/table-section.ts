import { h } from "./dom.ts";

/** A part of the page that is one small table. The first cell of a row names it. */
export function tableSection(
  title: string,
  headings: readonly string[],
  rows: readonly (readonly [name: string, ...cells: readonly string[]])[],
): HTMLElement {
  const head = headings.map((text) => h("th", { scope: "col" }, text));
  const body = rows.map(([name, ...cells]) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, name),
      cells.map((text) => h("td", {}, text)),
    ),
  );
  return h(
    "section",
    { "aria-label": title },
    h("h2", {}, title),
    h("table", { class: "endpoints" }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, body)),
  );
}
