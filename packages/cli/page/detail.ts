import { describeExpiry } from "../src/output/time.ts";
import { attemptsOf, eventsOf } from "./attempts.ts";
import { drawBar } from "./bar.ts";
import { h, put, todo, typed } from "./dom.ts";
import type { DetailReport } from "./model.ts";
import { nextText } from "./rows.ts";
import { clockOf, lifeText, sentenceOf, stampOf, toneOf } from "./words.ts";

/** One rotation with all that is known of it. */
export interface DetailView {
  readonly elements: readonly HTMLElement[];
  /** Shows the time that has passed. */
  readonly tick: (now: number) => void;
}

type Rotation = DetailReport["rotation"];

/** Draws one rotation. @param now ms since 1970 */
export function createDetail({ rotation, causes, attempts, events }: DetailReport, now: number): DetailView {
  const tone = toneOf(rotation.state);
  const bar = h("span", { class: "bar", role: "img", "aria-label": lifeText(rotation, now) });
  const life = h("strong", {}, lifeText(rotation, now));
  const next = h("dd", {}, nextText(rotation, now));
  const cause = causes.find(({ names }) => names.includes(rotation.name));
  const [state, rotating] = [rotation.state, rotation.rotating && ` · rotating: ${rotation.rotating.phase}`];
  drawBar(bar, rotation, now);
  const head = h(
    "section",
    { class: `one ${tone}`, "aria-label": rotation.name },
    h("h1", {}, rotation.name),
    h("p", { class: `st ${tone}` }, state, rotating),
    h("p", { class: "say" }, sentenceOf(rotation, now)),
    cause !== undefined &&
      h(
        "div",
        { class: "err" },
        cause.messages.map((text) => h("p", {}, typed(text))),
        cause.isError && h("small", {}, cause.code),
      ),
    todo(cause?.hint),
  );
  const times = h(
    "section",
    { class: `big ${tone}`, "aria-label": "Life" },
    life,
    bar,
    h(
      "dl",
      { class: "marks" },
      markOf("Issued", rotation.held?.issuedAt, now),
      markOf("Refresh from", rotation.refreshAt, now),
      markOf("Deadline", rotation.deadline, now),
      markOf("Ends", rotation.expiresAt, now),
      h("div", {}, h("dt", {}, rotation.lastError === undefined ? "Next rotation" : "Next try"), next),
    ),
  );
  const facts = [h("h2", { class: "sec" }, "What it is"), h("dl", { class: "facts" }, factsOf(rotation, now))];
  return {
    elements: [
      head,
      times,
      ...facts,
      h("h2", { class: "sec" }, "Attempts"),
      ...attemptsOf(attempts),
      ...eventsOf(events),
    ],
    tick(time) {
      drawBar(bar, rotation, time);
      put(life, lifeText(rotation, time));
      put(next, nextText(rotation, time));
    },
  };
}

const nearby = 20 * 3_600_000;

/** The time of day for what is near, the date for what is not. */
function markOf(name: string, at: string | undefined, now: number): HTMLElement | undefined {
  if (at === undefined) return undefined;
  const text = Math.abs(Date.parse(at) - now) < nearby ? clockOf(at) : stampOf(at);
  return h("div", {}, h("dt", {}, name), h("dd", {}, h("time", { datetime: at, title: stampOf(at) }, text)));
}

function factsOf(rotation: Rotation, now: number): readonly HTMLElement[] {
  const { provider, kind, host, group, request = {}, credential, warnings } = rotation;
  const { sinks = [], reloads = [], verify = [], health = [] } = rotation;
  const action = ({ type, target, name }: (typeof verify)[number]): string =>
    [name === undefined ? type : `${name} (${type})`, target].filter((text) => text !== undefined).join(": ");
  return [
    ...factOf("Provider", [kind === undefined || kind === provider ? provider : `${provider} (${kind})`]),
    ...factOf("Machine", host === undefined ? [] : [host]),
    ...factOf("One of", group === undefined ? [] : [group]),
    ...factOf(
      "Request",
      Object.entries(request).map(([key, value]) => `${key}: ${value}`),
    ),
    ...factOf("Fingerprint", credential === undefined ? [] : [credential.fingerprint], "mono"),
    ...factOf("Its own end", credential === undefined ? [] : [describeExpiry(credential.expiresAt, now)]),
    ...factOf("Written to", sinks.map(sinkText)),
    ...factOf("Verified by", verify.map(action)),
    ...factOf(
      "Reload",
      reloads.map((reload) => `${action(reload)}${reload.owed ? " (owed)" : ""}`),
    ),
    ...factOf("Health", health.map(action)),
    ...factOf("Leases", leasesOf(rotation, now)),
    ...factOf("Warnings", warnings),
  ];
}

function factOf(name: string, lines: readonly string[], className?: string): readonly HTMLElement[] {
  if (lines.length === 0) return [];
  return [
    h("dt", {}, name),
    h(
      "dd",
      { class: className },
      lines.map((line) => h("div", {}, line)),
    ),
  ];
}

function sinkText({ type, target, keys, result }: NonNullable<Rotation["sinks"]>[number]): string {
  const note = result === "written" || result === "unknown" ? "" : ` (${result})`;
  return `${type} ${target}${keys.length === 0 ? "" : `: ${keys.join(", ")}`}${note}`;
}

/** Those that are dead are of no use to anybody. */
function leasesOf({ leases }: Rotation, now: number): readonly string[] {
  const living = leases.filter(({ expiresAt }) => expiresAt === undefined || Date.parse(expiresAt) > now);
  return living.map(({ id, state, expiresAt, heldBy }) => {
    const holders = heldBy.length === 0 ? "" : `, may be held by ${heldBy.join(", ")}`;
    return `${id}: ${state}, ${describeExpiry(expiresAt, now)}${holders}`;
  });
}
