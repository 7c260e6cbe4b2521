/** Judges a week by what the issuer knows and the consumer held, never by what the engine has noted. */
import type { Look, PlayedWeek } from "./play.ts";
import type { WeekPromiseId } from "./promises.ts";
import { week, wellSince } from "./troubles.ts";

/** What broke it, or undefined; each gets a week that went as far as its first mint. */
export type Judgement = (played: PlayedWeek) => string | undefined;

const hour = 3_600_000;

function timeOf(ms: number): string {
  const hours = ms / hour;
  return hours < 1 ? `${(hours * 60).toFixed(1)} min` : `${hours.toFixed(2)} h`;
}

function at({ at: when, trouble }: Look): string {
  return `${timeOf(when)} into the week${trouble === undefined ? "" : ` (${trouble.kind})`}`;
}

/** After an outage the next try may be this far away: backoff, and the next run of the timer. */
function allowance({ period, life }: PlayedWeek): number {
  return 2 * period + Math.min(900_000, life / 4);
}

function isLong({ trouble }: Look): boolean {
  return trouble?.kind === "long";
}

function ranSoFar(played: PlayedWeek): boolean {
  return played.minted.length > 0;
}

/** The end of the long outage, when it has been recovered from. */
function excusedUntil(played: PlayedWeek): number {
  const long = played.troubles.find(({ kind }) => kind === "long");
  return long === undefined ? 0 : long.to + allowance(played);
}

const judgements: Readonly<Record<WeekPromiseId, Judgement>> = {
  "week-clock"({ looks, minted, life }) {
    const [first] = looks;
    if (minted.length === 0) return `nothing was minted at all: ${first?.reason ?? "no reason was given"}`;
    if (life <= 0) return `the first credential had ended ${timeOf(-life)} before it was minted`;
    const later = minted.find(
      ({ at: when, until }) => Number.isFinite(life) && Math.abs(until - when - life) > life / 2,
    );
    if (later === undefined) return undefined;
    return `the first credential lived ${timeOf(life)}, a later one ${timeOf(later.until - later.at)}: does the issuer of the harness go by \`now\` of \`start\`?`;
  },
  "week-alive"(played) {
    const dead = played.looks.find(
      (look) =>
        look.works !== true && !isLong(look) && (look.at < startOfLong(played) || look.at > excusedUntil(played)),
    );
    return dead && `${at(dead)} the consumer had nothing that works: ${dead.reason ?? "nothing was said"}`;
  },
  "week-told"(played) {
    const long = played.troubles.find(({ kind }) => kind === "long");
    if (long === undefined || !played.hasWay) return undefined;
    const during = played.looks.filter(isLong);
    const silent = during.find(({ works, exit }) => works === false && exit !== 3);
    if (silent !== undefined)
      return `${at(silent)} the credential no longer worked, and the run ended with ${silent.exit}`;
    const died = during.findIndex(({ works }) => works === false);
    if (died < 0) return "the outage was to outlast the credential, which lived on: is what it says of its life true?";
    const warned = during.slice(0, died).some(({ exit }) => exit !== undefined && exit !== 0);
    return warned ? undefined : `nothing was said before the credential ended, ${at(during[died]!)}`;
  },
  "week-recovers"(played) {
    const late = played.looks.find(
      ({ works, trouble, at: when }) =>
        works !== true && trouble === undefined && when - wellSince(played.troubles, when) > allowance(played),
    );
    return (
      late &&
      `${at(late)} all had been well for ${timeOf(allowance(played))}, and the consumer had nothing that works: ${late.reason ?? ""}`
    );
  },
  "week-mints"({ minted, life, troubles }) {
    const span = Number.isFinite(life) ? life : 24 * hour;
    const most = Math.ceil(week / (span * 0.55)) + 2 * troubles.length + 2;
    return minted.length > most
      ? `${minted.length} were minted; a life of ${timeOf(span)} asks for ${most} at most`
      : undefined;
  },
  "week-revoked"(played) {
    const grace = 300_000 + 2 * allowance(played);
    const stray = played.looks.find(
      ({ at: when, beforeWorks, heldSince, trouble }) =>
        beforeWorks === true &&
        trouble === undefined &&
        when - Math.max(heldSince, wellSince(played.troubles, when)) > grace,
    );
    return (
      stray &&
      `${at(stray)} the credential before the one in use still worked, ${timeOf(stray.at - stray.heldSince)} after it was replaced`
    );
  },
  "week-no-leak"({ leaks }) {
    if (leaks.length === 0) return undefined;
    return leaks.map(({ where, how }) => `a secret stands in ${where}, ${how}`).join("\n");
  },
};

function startOfLong({ troubles }: PlayedWeek): number {
  return troubles.find(({ kind }) => kind === "long")?.from ?? Infinity;
}

/** What broke a promise. Undefined: it is kept. */
export function judge(id: WeekPromiseId, played: PlayedWeek): string | undefined {
  if (id !== "week-clock" && !ranSoFar(played)) return "nothing was minted";
  return judgements[id](played);
}
