/** A message in words: for people who read it late, so instants are absolute and in UTC. Pure. */
import { createHash } from "node:crypto";
import type { Alarm, AlarmCause } from "@rotate/plugin-kit";
import { placeOf } from "../cause-place.ts";
import { rankOf, type Concern, type FiringStep } from "./concerns.ts";
import type { Message, ReceiverState } from "./receiver.ts";

/** What a message is made of besides the steps that it tells. */
export interface About {
  readonly host: string;
  readonly spec: string;
  /** Wall clock, ms. */
  readonly at: number;
  readonly receiver: string;
  /** Before the message. */
  readonly state: ReceiverState;
  /** As things are now, by subject. */
  readonly concerns: ReadonlyMap<string, Concern>;
}

/** So many names are in a message; the rest are counted. */
const mostNames = 50;
const shownNames = 3;
/** An issuer may say much. */
const longest = 500;

/** The alarm that a receiver is given. */
export function alarmOf(message: Message, about: About): Alarm {
  const { incident, step, over, reminder, told } = message;
  const { host, spec, at, receiver, state } = about;
  const names = [...told.keys()];
  const rotations = names.filter(isRotation).slice(0, mostNames);
  const lines = step === "recovered" ? recoveredLines(message, about) : firingLines(message, about);
  return {
    id: `${host}/${hashOf(incident, 8)}`,
    delivery: hashOf(`${receiver} ${state.sent} ${incident} ${step} ${String(reminder)}`, 16),
    step,
    status: over ? "resolved" : "firing",
    reminder,
    host,
    spec,
    at: new Date(at).toISOString(),
    title: cut(titleOf(message, about), 150),
    text: [`[${step}]${reminder ? " still" : ""} ${host}: ${lines[0]}`, ...lines.slice(1)].join("\n"),
    cause: causeReport(message, about),
    rotations,
    steps: Object.fromEntries(rotations.map((name) => [name, told.get(name) ?? "recovered"])),
    total: names.length,
  };
}

/** What else there is to tell of has a space in its name. */
function isRotation(subject: string): boolean {
  return !subject.includes(" ");
}

function hashOf(text: string, digits: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, digits);
}

function firingLines(message: Message, about: About): readonly string[] {
  const { concerns } = about;
  const names = [...message.told.keys()];
  const worst = concerns.get(names[0]!);
  const { step } = message;
  if (worst === undefined) return [`${namesText(names)}: ${step}`];
  const others =
    names.length === 1 ? [] : [`${names.length - 1} more: ${countsText(message)}: ${namesText(names.slice(1))}`];
  const next = worst.nextAt === undefined ? "" : `, tried again at ${minuteOf(worst.nextAt)}`;
  const where = placeOf(worst);
  const place = where === undefined ? "" : `${where}: `;
  return [
    `${worst.subject} ${phraseOf(step as FiringStep, worst)}`,
    `${cut(`${place}${oneLine(worst.message)}`, longest)}${next}`,
    ...others,
    ...missedLines(names, about),
    ...(worst.hint === undefined ? [] : [`Do: ${oneLine(worst.hint)}`]),
    ...(isRotation(worst.subject) ? [`rotate status ${worst.subject}`] : []),
  ];
}

/** What could not be told while it was so. */
function missedLines(names: readonly string[], { state }: About): readonly string[] {
  const missed = names.flatMap((name) => {
    const step = state.subjects[name]?.missed;
    return step === undefined ? [] : [`${name} was ${step} meanwhile, which may not have been told`];
  });
  return missed.slice(0, shownNames);
}

function recoveredLines({ told, over }: Message, about: About): readonly string[] {
  const { concerns } = about;
  const names = [...told.keys()];
  const still = names.flatMap((name) => {
    const concern = concerns.get(name);
    return concern === undefined ? [] : [`${name} is now: ${concern.alarm}`];
  });
  return [
    `${namesText(names)} ${names.length === 1 ? "is" : "are"} well again${over ? "" : "; others of the same cause are not"}`,
    ...missedLines(names, about),
    ...still.slice(0, shownNames),
  ];
}

function titleOf({ step, told, incident }: Message, { concerns }: About): string {
  const names = [...told.keys()];
  const [first = ""] = names;
  const who = names.length === 1 ? first : `${first} and ${names.length - 1} more`;
  const concern = concerns.get(first);
  if (step === "recovered" || concern === undefined) return `${who}: well again`;
  const { provider } = splitIncident(incident);
  return `${who}, ${provider === "" ? "" : `${provider}: `}${oneLine(concern.message)}`;
}

function causeReport({ told, incident, step }: Message, { concerns }: About): AlarmCause {
  const [first = ""] = told.keys();
  const concern = step === "recovered" ? undefined : concerns.get(first);
  if (concern === undefined) return { ...splitIncident(incident), message: "over" };
  const { code, provider, message, hint, docs } = concern;
  return { code, provider, message, ...(hint !== undefined && { hint }), ...(docs !== undefined && { docs }) };
}

function splitIncident(incident: string): Pick<AlarmCause, "code" | "provider"> {
  const [code = "", ...provider] = incident.split(" ");
  return { code, provider: provider.join(" ") };
}

/** How the first of them is, after its name. */
function phraseOf(step: FiringStep, { expiresAt, code }: Concern): string {
  const end = expiresAt === undefined ? undefined : minuteOf(expiresAt);
  switch (step) {
    case "expired":
      return end === undefined ? "has expired" : `is expired or about to be: it ends at ${end}`;
    case "expiring":
      return end === undefined ? "nears its end" : `ends at ${end} and is not renewed`;
    case "failed":
      return end === undefined ? "fails" : `fails; what is in use works until ${end}`;
    case "reload-owed":
      return `is written, and its consumer was not shown to use it${end === undefined ? "" : `; what it may use ends at ${end}`}`;
    case "cannot-serve":
      return "has no machine that rotates it";
    case "drift":
      return "is not what was written";
    case "orphaned":
      return `${code === "left" ? "is another machine's now, and this one has left a credential of it" : "is not in the spec any more"}${end === undefined ? "" : `; it ends at ${end}`}`;
    case "at-risk":
      return "works now and cannot last";
    case "mints-above-expected":
      return "gives more credentials than expected";
    case "notifier-failed":
      return "cannot be told";
  }
}

function countsText({ told }: Message): string {
  const steps = [...told.values()].slice(1).filter((step) => step !== undefined);
  return [...Map.groupBy(steps, (step) => step)]
    .toSorted(([one], [other]) => rankOf(one) - rankOf(other))
    .map(([step, { length }]) => `${length} ${step}`)
    .join(", ");
}

function namesText(names: readonly string[]): string {
  const rest = names.length - shownNames;
  return `${names.slice(0, shownNames).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

function minuteOf(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
