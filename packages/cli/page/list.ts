import { causesOf } from "./causes.ts";
import { h, mark, put, todo } from "./dom.ts";
import { endpointsOf } from "./endpoints.ts";
import { machinesOf } from "./machines.ts";
import { createFilters } from "./filters.ts";
import { noFilter, type Overview } from "./model.ts";
import { createTable } from "./table.ts";
import { headlineOf, stampOf } from "./words.ts";

/** All rotations: the headline, the causes, the table. */
export interface ListView {
  readonly element: HTMLElement;
  readonly search: HTMLInputElement;
  readonly show: (overview: Overview) => void;
  /** Shows the time that has passed. */
  readonly tick: (now: number) => void;
  /** Draws the eye to what has changed. */
  readonly flash: (names: readonly string[]) => void;
  /** Puts the focus on a rotation's row, when it is there. */
  readonly focus: (name: string) => void;
  /** Shows all again. */
  readonly clear: () => void;
}

/** The list, empty until it is shown something. @param now tells the time, ms since 1970 */
export function createList(now: () => number): ListView {
  let overview: Overview | undefined;
  let isWhole = false;
  const [title, also, footer] = [h("h1"), h("p"), h("footer")];
  const causes = h("section", { class: "causes", "aria-label": "Causes" });
  const endpoints = h("div");
  const filters = createFilters(render);
  const table = createTable(now, clear);
  const { search, providers, chips } = filters;
  const bar = h("div", { class: "bar-top" }, search, providers, table.count, chips);
  const credentials = h("section", { "aria-label": "Credentials" }, bar, table.element, table.more);
  const head = h("section", { class: "now", "aria-label": "Now" }, title, also);

  function render(): void {
    if (overview === undefined) return;
    const { total } = overview.summary;
    showHead(now());
    filters.show(overview);
    const actions = { shown: filters.filter().cause, isWhole, show: showCause, toggle: toggleCauses };
    causes.replaceChildren(...(total === 0 ? [emptyOf(overview)] : causesOf(overview, actions, now())));
    causes.hidden = causes.childElementCount === 0;
    credentials.hidden = total === 0;
    table.show(overview.rotations, filters.filter());
    endpoints.replaceChildren(...[endpointsOf(overview.serve) ?? [], machinesOf(overview.hosts, now()) ?? []].flat());
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    put(footer, `rotate ${overview.rotate} · up since ${stampOf(overview.startedAt)} · times are in ${zone}`);
  }

  function showHead(time: number): void {
    if (overview === undefined) return;
    const { tone, title: text, also: rest } = headlineOf(overview, time);
    mark(title, tone);
    put(title, text);
    put(also, rest);
  }

  function showCause(cause: string): void {
    filters.set({ ...noFilter, cause });
    if (cause !== "") credentials.scrollIntoView();
  }

  function toggleCauses(): void {
    isWhole = !isWhole;
    render();
    causes.querySelector<HTMLElement>(".plain")?.focus();
  }

  function clear(): void {
    filters.set(noFilter);
  }

  return {
    element: h("div", {}, head, causes, credentials, endpoints, footer),
    search,
    clear,
    show(next) {
      overview = next;
      render();
    },
    tick(time) {
      showHead(time);
      table.tick(time);
    },
    flash: (names) => names.forEach((name) => flash(table.row(name))),
    focus: (name) => table.row(name)?.querySelector("a")?.focus(),
  };
}

function flash(row: HTMLElement | undefined): void {
  row?.classList.remove("flash");
  void row?.offsetWidth; // begins the animation anew
  row?.classList.add("flash");
}

function emptyOf({ spec }: Overview): HTMLElement {
  const about = `rotate reads ${spec} and takes up what you write into it at once.`;
  const text = h("div", {}, h("h2", {}, "The spec has no rotations"), h("p", { class: "msg" }, about));
  return h("div", { class: "cause off dot" }, text, todo("`rotate plan` shows what it would do."));
}
