/** Elements. Text stays text: nothing here parses HTML. */
import { localTimes } from "../src/output/time.ts";

type Child = Node | string | undefined | false | readonly Child[];
type Props = Readonly<Record<string, string | boolean | undefined | ((event: Event) => void)>>;

/** An element with attributes (`onclick` and its kin: listeners) and children; what is absent is left out. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  props: Props = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...nodesOf(children));
  return element;
}

function nodesOf(children: readonly Child[]): readonly (Node | string)[] {
  return children.flatMap((child): readonly (Node | string)[] => {
    if (Array.isArray(child)) return nodesOf(child);
    return child === undefined || child === false || child === "" ? [] : [child as Node | string];
  });
}

/** The element of this id, which the page has from the start. */
export function byId(id: string): HTMLElement {
  return document.querySelector<HTMLElement>(`#${id}`)!;
}

/** Writes a text where it is another one: who reads along aloud hears no repetitions. */
export function put(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Likewise a class. */
export function mark(element: Element, name: string): void {
  if (element.className !== name) element.className = name;
}

/** A sentence: what stands between backticks is to be typed, and instants are local. */
export function typed(text: string): readonly (HTMLElement | string)[] {
  return localTimes(text, Date.now())
    .split("`")
    .map((part, at) => (at % 2 === 1 ? h("code", {}, part) : part));
}

/** What to do; nothing when nobody knows. */
export function todo(hint: string | undefined): HTMLElement | undefined {
  return hint === undefined ? undefined : h("p", { class: "do" }, h("b", {}, "Do "), typed(hint));
}

/** What the browser remembers of this page; nothing where it may not. */
export const memory = {
  get(key: string): string | undefined {
    try {
      return localStorage.getItem(`rotate.${key}`) ?? undefined;
    } catch {
      return undefined;
    }
  },
  set(key: string, value: string): void {
    try {
      localStorage.setItem(`rotate.${key}`, value);
    } catch {
      return;
    }
  },
};
