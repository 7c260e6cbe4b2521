/** Words that only the page needs; the rest are those of the command line. */
import type { RotationStatus, StandingState } from "@rotate/core";
import { figure } from "../src/output/figure.ts";
import { allWell, countStates, nextSentence, worstSentence } from "../src/output/headline.ts";
import { type Tone, toneOf } from "../src/output/look.ts";
import { isEndUnknown, leftOf, span } from "../src/output/time.ts";
import type { Overview, Row } from "./model.ts";

/** What a state means, for who points at it. */
export const meanings: Readonly<Record<StandingState, string>> = {
  expired: "has ended: whoever logs in with it is refused",
  expiring: "nears its end and is not renewed",
  "reload-owed": "written, but its consumer was not shown to use it",
  drift: "a target no longer holds what was written",
  failing: "its tries fail; what is in use still works",
  "needs-login": "a person has to log in once",
  orphaned: "not in the spec any more: nothing renews it",
  foreign: "the state came from another machine",
  "at-risk": "works now and cannot last",
  never: "nothing was minted yet",
  due: "its time has come",
  fresh: "in use, with nothing to do",
  ejected: "let go: it is yours",
};

/** How bad all of it is, in a sentence, and what else there is. */
export interface Headline {
  readonly tone: Tone | "idle";
  readonly title: string;
  readonly also: string;
}

/** What is wrong now comes first. @param now ms since 1970 */
export function headlineOf({ phase, rotations }: Pick<Overview, "phase" | "rotations">, now: number): Headline {
  if (rotations.length === 0) return { tone: "idle", title: "No credential is looked after yet.", also: "" };
  if (phase === "starting")
    return { tone: "idle", title: `Starting: ${many(rotations.length, "credential")} to look at.`, also: "" };
  const worst = worstSentence(rotations, now);
  if (worst === undefined) return wellOf(rotations, now);
  const others = rotations.filter(({ state, exit }) => exit !== 0 && state !== worst.state);
  const also = others.length === 0 ? "" : `Also ${countStates(others.map(({ state }) => state))}.`;
  return { tone: worst.tone, title: `${worst.text}.`, also };
}

function wellOf(rotations: readonly RotationStatus[], now: number): Headline {
  const next = nextSentence(rotations, now);
  return {
    tone: "ok",
    title: allWell(rotations, now).slice(0, next === "" ? undefined : -next.length),
    also: next.trim(),
  };
}

/** One rotation in a sentence. @param now ms since 1970 */
export function sentenceOf(row: Row, now: number): string {
  const worst = worstSentence([row], now);
  const { rotating } = row;
  if (rotating?.waitsFor !== undefined) return `It is being rotated now: its reload waits for ${rotating.waitsFor}.`;
  if (rotating !== undefined) return `It is being rotated now: ${rotating.phase}.`;
  return worst === undefined ? `It is ${meanings[row.state].replace(/^its time/, "due: its time")}.` : `${worst.text}.`;
}

/** `48m left of 1h (the previous one)`. @param now ms since 1970 */
export function lifeText({ credential, expiresAt, held }: Row, now: number): string {
  if (credential === undefined && expiresAt === undefined) return "nothing minted yet";
  if (isEndUnknown({ credential, expiresAt })) return "nobody can tell when it ends";
  if (expiresAt === undefined) return "does not end by itself";
  if (Date.parse(expiresAt) <= now || held === undefined) return leftOf(expiresAt, now);
  const life = Date.parse(expiresAt) - Date.parse(held.issuedAt);
  return `${leftOf(expiresAt, now)} of ${span(life)}${held.previous ? " (the previous one)" : ""}`;
}

/** `1,204 credentials` */
export function many(number: number, noun: string): string {
  return `${figure(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** `02:20:04`, local. */
export function clockOf(at: string | number): string {
  return new Date(at).toLocaleTimeString("en-GB");
}

/** `2026-11-28 02:20:04`, local. */
export function stampOf(at: string): string {
  return new Date(at).toLocaleString("sv-SE");
}

export { toneOf };
