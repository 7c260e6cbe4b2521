/** How all of them stand, in a sentence: the worst first. */
import {
  compareStanding,
  type RotationStatus,
  type StandingCode,
  type StandingReport,
  type StandingState,
} from "@rotate/core";
import { figure } from "./figure.ts";
import { type Look, sign, type Tone, toneOf, wrap } from "./look.ts";
import { ago, leftOf, span, will } from "./time.ts";

/** A rotation as far as a headline tells of it. */
export interface Standing extends StandingReport {
  readonly name: string;
  readonly nextAt?: string | undefined;
}

/** The order in which states are told. */
export const stateOrder: readonly StandingState[] = [
  "expired",
  "expiring",
  "reload-owed",
  "drift",
  "failing",
  "needs-login",
  "orphaned",
  "foreign",
  "at-risk",
  "never",
  "due",
  "fresh",
  "ejected",
];

interface Sentence {
  readonly one: (name: string, codes: readonly StandingCode[]) => string;
  readonly many: (count: number, codes: readonly StandingCode[]) => string;
  /** What is said of the end. */
  readonly end?: "past" | "soon" | "works";
}

const sentences: Readonly<Partial<Record<StandingState, Sentence>>> = {
  expired: { one: (name) => `${name} has expired`, many: (n) => `${figure(n)} credentials have expired`, end: "past" },
  expiring: {
    one: (name) => `${name} is not renewed`,
    many: (n) => `${figure(n)} credentials near their end and are not renewed`,
    end: "soon",
  },
  "reload-owed": {
    one: (name) => `${name} is written, but its consumer was not shown to use it`,
    many: (n) => `${figure(n)} credentials are written, but their consumers were not shown to use them`,
    end: "works",
  },
  drift: {
    one: (name) => `${name} is no longer what was written`,
    many: (n) => `${figure(n)} credentials are no longer what was written`,
  },
  failing: { one: (name) => `${name} is failing`, many: (n) => `${figure(n)} credentials are failing`, end: "works" },
  "needs-login": {
    one: (name) => `${name} waits for a person to log in`,
    many: (n) => `${figure(n)} credentials wait for a person to log in`,
    end: "works",
  },
  orphaned: {
    one: (name, codes) =>
      codes.includes("left")
        ? `another machine rotates ${name} now, and this one has left a credential of it`
        : `${name} is not in the spec any more`,
    many: (n, codes) =>
      `${figure(n)} rotations are not ${codes.includes("left") ? "rotated here" : "in the spec"} any more`,
  },
  foreign: {
    one: (name) => `the state of ${name} came from another machine`,
    many: (n) => `the state of ${figure(n)} rotations came from another machine`,
  },
  "at-risk": {
    one: (name) => `${name} works now and cannot last`,
    many: (n) => `${figure(n)} credentials work now and cannot last`,
    end: "works",
  },
  never: { one: (name) => `${name} has not minted yet`, many: (n) => `${figure(n)} rotations have not minted yet` },
};

/** The worst state in a sentence without its full stop; undefined when all is well. */
export function worstSentence(
  rotations: readonly Standing[],
  now: number,
): { readonly tone: Tone; readonly state: StandingState; readonly text: string } | undefined {
  const [worst] = rotations.filter(({ exit }) => exit !== 0).toSorted(byHaste);
  const sentence = worst && sentences[worst.state];
  if (worst === undefined || sentence === undefined) return undefined;
  const { state } = worst;
  const same = rotations.filter((one) => one.state === state && one.exit !== 0);
  const codes = same.map(({ code }) => code);
  const said = same.length === 1 ? sentence.one(worst.name, codes) : sentence.many(same.length, codes);
  const first = same.flatMap(({ expiresAt }) => expiresAt ?? []).toSorted()[0];
  return { tone: toneOf(state), state, text: said + endOf(first, sentence.end, { many: same.length > 1, now }) };
}

function byHaste(one: Standing, other: Standing): number {
  return compareStanding(one, other) || stateOrder.indexOf(one.state) - stateOrder.indexOf(other.state);
}

function endOf(
  first: string | undefined,
  end: Sentence["end"],
  { many, now }: { readonly many: boolean; readonly now: number },
): string {
  if (first === undefined || end === undefined) return "";
  const left = Date.parse(first) - now;
  const which = many ? "the first " : "";
  if (end === "past" || left <= 0) return `, ${which}${end === "past" ? "" : "ended "}${ago(first, now)}`;
  if (end === "soon") return `, ${many ? "the first" : "it"} ends in ${span(left)}`;
  return `, ${many ? "the first" : "its credential"} works for ${span(left)} more`;
}

/** `17 expiring, 1 reload-owed`, in the order of how bad they are. */
export function countStates(states: readonly StandingState[]): string {
  return stateOrder
    .map((state) => [state, states.filter((one) => one === state).length] as const)
    .filter(([, number]) => number > 0)
    .map(([state, number]) => `${figure(number)} ${state}`)
    .join(", ");
}

/** What `status` begins with. */
export function headline(rotations: readonly RotationStatus[], look: Look): string {
  const worst = worstSentence(rotations, look.now);
  if (worst === undefined) return wrap(`${sign("ok", look)}${allWell(rotations, look.now)}`, look, { rest: 2 });
  const others = rotations.filter(({ state, exit }) => exit !== 0 && state !== worst.state);
  const also = others.length === 0 ? "" : ` Also ${countStates(others.map(({ state }) => state))}.`;
  return wrap(`${sign(worst.tone, look)}${worst.text}.${also}`, look, { rest: look.signs === "none" ? 0 : 2 });
}

/** Nothing needs anybody: `All 12 credentials are fresh. The next rotation is in 5m: reports-s3.` */
export function allWell(rotations: readonly Standing[], now: number): string {
  const states = rotations.map(({ state }) => state);
  const [only] = rotations;
  const isFresh = states.every((state) => state === "fresh");
  const next = nextSentence(rotations, now);
  if (only === undefined) return "There are no rotations.";
  if (rotations.length === 1 && isFresh) return `${only.name} is fresh, ${leftOf(only.expiresAt, now)}.${next}`;
  return `${isFresh ? `All ${figure(rotations.length)} credentials are fresh` : countStates(states)}.${next}`;
}

interface Next {
  readonly name: string;
  readonly nextAt: string;
  /** ms since 1970. */
  readonly at: number;
}

/** ` The next rotation is in 5m: reports-s3.`; nothing when none is to come. */
export function nextSentence(rotations: readonly Standing[], now: number): string {
  const next = rotations.reduce<Next | undefined>((first, { name, nextAt }) => {
    const at = nextAt === undefined ? Infinity : Date.parse(nextAt);
    return nextAt !== undefined && at < (first?.at ?? Infinity) ? { name, nextAt, at } : first;
  }, undefined);
  if (next === undefined) return "";
  return ` The next rotation is ${will(next.nextAt, now)}${rotations.length === 1 ? "" : `: ${next.name}`}.`;
}
