import { byId, memory } from "./dom.ts";

/** What keys do. */
export interface KeyActions {
  readonly search: () => void;
  readonly worst: () => void;
  readonly back: () => void;
}

/** Single letters, which can be switched off (WCAG 2.1.4), and the list of them. */
export function bindKeys({ search, worst, back }: KeyActions): void {
  const dialog = byId("keys") as HTMLDialogElement;
  const isOn = byId("keys-on") as HTMLInputElement;
  const actions: Readonly<Record<string, () => void>> = {
    "/": search,
    w: worst,
    j: () => step(1),
    k: () => step(-1),
    "?": () => dialog.showModal(),
  };
  isOn.checked = memory.get("keys") !== "off";
  isOn.addEventListener("change", () => memory.set("keys", isOn.checked ? "on" : "off"));
  byId("help").addEventListener("click", () => dialog.showModal());
  byId("keys-close").addEventListener("click", () => dialog.close());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    if (event.key === "Escape") return back();
    const isTyping = (event.target as Element).matches("input[type=search], select");
    const action = actions[event.key];
    if (isTyping || !isOn.checked || action === undefined) return;
    event.preventDefault();
    action();
  });
}

function step(by: number): void {
  const links = [...document.querySelectorAll<HTMLElement>("main tbody a, main summary")];
  const at = links.indexOf(document.activeElement as HTMLElement);
  links[Math.max(0, Math.min(links.length - 1, at < 0 && by < 0 ? 0 : at + by))]?.focus();
}

const themes = ["auto", "light", "dark"];

/** Light, dark, or what the system says. */
export function bindTheme(): void {
  const button = byId("theme");
  function show(theme: string): void {
    document.documentElement.dataset["theme"] = theme;
    button.textContent = `Theme: ${theme}`;
    memory.set("theme", theme);
  }
  const kept = memory.get("theme") ?? "";
  show(themes.includes(kept) ? kept : "auto");
  button.addEventListener("click", () => {
    const at = themes.indexOf(document.documentElement.dataset["theme"] ?? "auto");
    show(themes[(at + 1) % themes.length]!);
  });
}
