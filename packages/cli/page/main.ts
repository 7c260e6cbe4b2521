/** The page of `rotate watch`: all rotations, or the one that the address names. */
import { createDetail, type DetailView } from "./detail.ts";
import { byId, h, mark, put } from "./dom.ts";
import { createFeed } from "./feed.ts";
import { bindKeys, bindTheme } from "./keys.ts";
import { createList } from "./list.ts";
import { compareRows, type Overview, type Patch, patched } from "./model.ts";
import { createSpeech } from "./spoken.ts";
import { clockOf, headlineOf } from "./words.ts";

/** A stream that is silent for longer has lost the other end, or the other end hangs. ms */
const longestSilence = 35_000;

let overview: Overview | undefined;
let skew = 0;
let lastWord = 0;
let lostAt: number | undefined;
let detail: { readonly name: string; readonly view: DetailView } | undefined;
let cameFrom = "";

const main = byId("main");
const list = createList(now);
const speak = createSpeech(() => (overview === undefined ? "" : headlineOf(overview, now()).title));
const feed = createFeed({
  snapshot: take,
  patch: takePatch,
  alive: heard,
  lost: lose,
});

/** By the daemon's clock: that of this machine may be wrong. */
function now(): number {
  return Date.now() + skew;
}

function take(next: Overview): void {
  const isFirst = overview === undefined;
  overview = next;
  heard(next.at);
  show();
  if (isFirst) void route();
}

function takePatch(patch: Patch): void {
  if (overview === undefined) return;
  const { overview: next, said } = patched(overview, patch);
  overview = next;
  heard(patch.at);
  show();
  const names = patch.rotations.map(({ name }) => name);
  list.flash(names);
  speak(said);
  if (detail !== undefined && names.includes(detail.name)) void showOne(detail.name);
}

function heard(at: string): void {
  skew = Date.parse(at) - Date.now();
  lastWord = Date.now();
  lostAt = undefined;
  showLink();
}

function lose(): void {
  lostAt ??= lastWord || Date.now();
  if (overview === undefined) main.replaceChildren(bare("Nothing to show yet."));
  showLink();
  showFace();
}

function show(): void {
  if (overview === undefined) return;
  put(byId("where"), `${overview.host} · ${overview.spec}`);
  if (current() === "") list.show(overview);
  showFace();
}

/** Title and icon tell the worst of it, also in a tab behind. */
function showFace(): void {
  const { tone, title } = overview === undefined ? { tone: "idle", title: "rotate" } : headlineOf(overview, now());
  const kind = lostAt !== undefined || tone === "idle" ? "idle" : tone === "bad" || tone === "warn" ? tone : "ok";
  const text = tone === "ok" ? "all well" : title.replace(/\.$/, "");
  const whole = `${lostAt === undefined ? "" : "no answer · "}${text} · rotate ${overview?.host ?? ""}`;
  if (document.title !== whole) document.title = whole;
  const icon = byId("icon") as HTMLLinkElement;
  if (!icon.href.endsWith(`icon-${kind}.svg`)) icon.href = `icon-${kind}.svg`;
}

function showLink(): void {
  if (lostAt === undefined && lastWord > 0 && Date.now() - lastWord > longestSilence && !document.hidden) return lose();
  const alert = byId("alert");
  const since = lostAt === undefined ? "" : `No answer from rotate since ${clockOf(lostAt)}.`;
  const seen = overview === undefined ? "" : " What you see is from then; the times go on.";
  document.documentElement.classList.toggle("gone", lostAt !== undefined);
  alert.hidden = lostAt === undefined;
  put(alert, lostAt === undefined ? "" : `${since}${seen} Trying again. On the host: rotate status`);
  mark(byId("link"), lostAt === undefined ? "link on" : "link");
  put(byId("link"), lostAt === undefined ? (lastWord > 0 ? "live" : "connecting") : "no answer");
}

function current(): string {
  return location.hash.startsWith("#/r/") ? decodeURIComponent(location.hash.slice(4)) : "";
}

async function route(): Promise<void> {
  const name = current();
  if (name !== "") {
    cameFrom = name;
    await showOne(name);
    scrollTo(0, 0);
    main.focus({ preventScroll: true });
    return;
  }
  detail = undefined;
  if (overview === undefined) return;
  main.replaceChildren(list.element);
  list.show(overview);
  if (cameFrom !== "") list.focus(cameFrom);
}

async function showOne(name: string): Promise<void> {
  const report = await feed.detail(name);
  if (current() !== name) return;
  if (typeof report === "string") {
    const text = report === "unknown" ? `No credential is named ${name}.` : "rotate does not answer.";
    main.replaceChildren(back(), bare(text));
    return;
  }
  const opened = [...main.querySelectorAll("details")].map(({ open }) => open);
  const view = createDetail(report, now());
  const isSame = detail?.name === name;
  detail = { name, view };
  main.replaceChildren(back(), ...view.elements);
  if (isSame) for (const [at, one] of main.querySelectorAll("details").entries()) one.open = opened[at] ?? one.open;
}

function back(): HTMLElement {
  return h("a", { class: "back", href: "#/" }, "← All credentials");
}

function bare(text: string): HTMLElement {
  return h("section", { class: "now", "aria-label": "Now" }, h("h1", { class: "idle" }, text));
}

function search(): void {
  if (current() !== "") location.hash = "#/";
  setTimeout(() => list.search.focus());
}

function openWorst(): void {
  const [worst] = overview?.rotations.toSorted(compareRows) ?? [];
  if (worst !== undefined) location.hash = `#/r/${encodeURIComponent(worst.name)}`;
}

function goBack(): void {
  if (current() !== "") location.hash = "#/";
  else if (document.activeElement === list.search) {
    list.clear();
    list.search.blur();
  }
}

function tick(): void {
  if (overview === undefined || document.hidden) return;
  if (current() === "") list.tick(now());
  else detail?.view.tick(now());
  showLink();
  showFace();
}

bindTheme();
bindKeys({ search, worst: openWorst, back: goBack });
addEventListener("hashchange", () => void route());
setInterval(tick, 1_000);
feed.start();
