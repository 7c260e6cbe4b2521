import type { StandingState } from "@rotate/core";
import { figure } from "../src/output/figure.ts";
import { stateOrder } from "../src/output/headline.ts";
import { h } from "./dom.ts";
import { type Filter, noFilter, type Overview } from "./model.ts";
import { meanings, toneOf } from "./words.ts";

/** What narrows the table: a search, a provider, a state. */
export interface FiltersView {
  readonly search: HTMLInputElement;
  readonly providers: HTMLSelectElement;
  readonly chips: HTMLElement;
  readonly filter: () => Filter;
  readonly set: (filter: Filter) => void;
  /** Offers what there is. */
  readonly show: (overview: Overview) => void;
}

/** Filters that let all through. @param changed is told of each change by hand */
export function createFilters(changed: () => void): FiltersView {
  let filter = noFilter;
  const chips = h("div", { class: "chips", role: "group", "aria-label": "Show only" });
  const providers = h("select", {
    "aria-label": "Show only the provider",
    onchange: () => set({ ...filter, provider: providers.value }),
  });
  const search = h("input", {
    type: "search",
    placeholder: "Search name, provider, error",
    "aria-label": "Search the credentials",
    autocomplete: "off",
    spellcheck: "false",
    oninput: () => set({ ...filter, text: search.value }),
  });

  function set(to: Filter): void {
    filter = to;
    if (search.value !== to.text) search.value = to.text;
    providers.value = to.provider;
    changed();
  }

  function chipOf(state: StandingState | "rotating", count: number): HTMLElement {
    const isOn = filter.state === state;
    const isRotating = state === "rotating";
    const props = {
      type: "button",
      class: `chip ${isRotating ? "busy" : toneOf(state)} dot`,
      "aria-pressed": String(isOn),
      title: isRotating ? "a process is at work on it" : meanings[state],
      onclick: () => set({ ...filter, state: isOn ? "" : state }),
    };
    return h("button", props, `${figure(count)} ${state}`);
  }

  function showChips({ summary: { states, rotating } }: Overview): void {
    const there = stateOrder.flatMap((state) => (states[state] ? [chipOf(state, states[state])] : []));
    const all = rotating > 0 ? [...there, chipOf("rotating", rotating)] : there;
    const focused = [...chips.children].indexOf(document.activeElement!);
    chips.replaceChildren(...(all.length < 2 ? [] : all));
    if (focused >= 0) (chips.children[focused] as HTMLElement | undefined)?.focus();
  }

  function showProviders({ rotations }: Overview): void {
    const names = [...new Set(rotations.map(({ provider }) => provider))].toSorted();
    const known = [...providers.options].slice(1).map(({ value }) => value);
    providers.hidden = names.length < 2;
    if (names.join("\n") === known.join("\n")) return;
    providers.replaceChildren(...["", ...names].map((name) => h("option", { value: name }, name || "All providers")));
    providers.value = filter.provider;
  }

  return {
    search,
    providers,
    chips,
    filter: () => filter,
    set,
    show(overview) {
      showChips(overview);
      showProviders(overview);
    },
  };
}
