/** Judges a week by what the issuer knows and the consumer holds, never by what the engine has noted. */
import { troubleAt, wellFor } from "./outside.ts";
import { isCapped, isTimely, limitsOf, type Limits } from "./limits.ts";
import { renewalLife } from "./issuer.ts";
import { emptyResult, type Result } from "./result.ts";
import { hour, lengthText, second } from "./scenario.ts";
import { say, tokenOf, type CallKind, type Place, type Token, type Witness, type World } from "./world.ts";

/** What is known of one rotation. */
export interface Case {
  readonly place: Place;
  /** What the consumer works with; undefined: nothing, or what somebody wrote by hand. */
  held: Token | undefined;
  byHand: boolean;
  /** True time at which it lost what it had; 0 before the first. */
  lostAt: number;
  /** Up to here it has been judged. */
  judgedTo: number;
  /** When its terms were told last, and how long a life. */
  toldAt: number;
  toldSpan: number;
  /** Something happened since that makes an early mint understandable. */
  excused: boolean;
  /** The issuer lengthened it, and its answer is on its way, or was lost: nobody else knows. */
  longer: boolean;
  lastCall: number;
  lastKind: CallKind | undefined;
  /** Calls in a row that came to nothing. */
  failures: number;
  /** The last that was asked for, a mint or a renewal, came to nothing. */
  isFailing: boolean;
  /** Until when a lease may live of whose mint nobody knows how it ended; true time. */
  unknownUntil: number;
  /** The daemon's last alarm; "": none. */
  alarm: string;
  /** When it was last told otherwise. */
  alarmSince: number;
}

export interface Judge extends Witness {
  readonly world: World;
  readonly limits: Limits;
  readonly result: Result;
  readonly cases: ReadonlyMap<string, Case>;
  /** When somebody last began to log in; true time. */
  readonly loggedInAt: () => number;
  /** A promise is broken. */
  readonly bad: (kind: string, what: string) => void;
  /** Judges up to now. */
  readonly close: (each: Case) => void;
  /** From now on a mint out of time is understandable. */
  readonly excuse: () => void;
  /** Set by who looks at the views: called whenever the consumer holds something else, or that ends otherwise. */
  onTook: (each: Case) => void;
  onWaits: (each: Case, ms: number) => void;
}

/** When what it holds ends, true time. */
export function endOf({ world }: Pick<Judge, "world">, { held, lostAt }: Case): number {
  if (held === undefined) return lostAt;
  const { changes } = world.scenario.shape;
  return changes === undefined ? held.end : (held.version + 1) * changes;
}

/** How long after that it may last. */
export function allowanceOf({ limits }: Pick<Judge, "limits">, { held, lostAt }: Case): number {
  return held === undefined && lostAt > 0 ? limits.missing : limits.allow;
}

export function createJudge(world: World): Judge {
  const { scenario, outside, clock } = world;
  const limits = limitsOf(scenario);
  const result = emptyResult();
  const cases = new Map([...world.places.values()].map((place) => [place.name, caseOf(place)]));
  const buckets = new Map<string, number>();
  let meddledAt = -Infinity;
  let loggedInAt = -Infinity;
  const at = (place: Place): Case => cases.get(place.name)!;

  function bad(kind: string, what: string): void {
    say(world, `VIOLATION ${kind}: ${what}`);
    result.firsts[kind] ??= `${what} at ${lengthText(clock.now())}`;
  }

  function close(each: Case): void {
    const now = clock.now();
    const from = Math.max(each.judgedTo, endOf(judge, each) + allowanceOf(judge, each));
    each.judgedTo = now;
    if (limits.tooSlow || each.byHand || from >= now) return;
    const { ms, first } = wellFor(outside, { from, to: now }, limits.bound);
    if (ms <= 1) return;
    result.deadMs += ms;
    bad(
      scenario.shape.changes === undefined ? "dead" : "stale",
      `dead for ${lengthText(ms)} from ${lengthText(first)}, noticed`,
    );
  }

  function count(place: Place | undefined, kind: CallKind): void {
    say(world, `asked for a ${kind}`);
    const now = clock.now();
    result.calls++;
    const key = `${place?.entry} ${Math.floor(now / (10 * second))}`;
    const calls = (buckets.get(key) ?? 0) + 1;
    buckets.set(key, calls);
    result.peak = Math.max(result.peak, calls / 10);
    if (result.calls > limits.calls) {
      result.storms = 1;
      bad("mints", "a storm: stopped");
      clock.stop();
    }
    if (kind === "login") loggedInAt = now;
    if (place === undefined || kind === "revoke") return;
    const each = at(place);
    // The second call of an action, the first retry and what somebody's edit leads to may come at once.
    const follows = kind !== each.lastKind || each.failures === 1 || meddledAt >= each.lastCall;
    if (now - each.lastCall < second - 1 && !follows) {
      result.close++;
      bad("close", `two calls (${kind}) within ${lengthText(now - each.lastCall)}`);
    }
    each.lastCall = now;
    each.lastKind = kind;
  }

  const judge: Judge = {
    world,
    limits,
    result,
    cases,
    loggedInAt: () => loggedInAt,
    bad,
    close,
    excuse() {
      meddledAt = clock.now();
      for (const each of cases.values()) each.excused = true;
    },
    onTook: () => undefined,
    onWaits: () => undefined,
    called: count,
    failed(place, kind, unknown) {
      say(world, `the ${kind} fails${unknown ? ", or nobody knows" : ""}`);
      if (place === undefined) return;
      const each = at(place);
      each.failures++;
      each.excused ||= kind === "renew" || unknown;
      if (kind === "revoke") return;
      each.isFailing = true;
      if (kind === "mint" && unknown) noteUnknown(judge, each);
    },
    answered(place, kind) {
      if (kind === "renew") at(place).longer = false;
    },
    minted(place, token, again) {
      const each = at(place);
      each.failures = 0;
      each.isFailing = false;
      say(world, `${again ? "gave again" : "minted"} ${token.id}, ends at ${lengthText(token.end)}`);
      // Refused for its short life, and not to be given back.
      if (troubleAt(outside, clock.now(), ["short"])) noteUnknown(judge, each);
      if (again) result.repeats++;
      else noteMint(judge, each, token);
      each.excused ||= troubleAt(outside, clock.now(), ["unfit"]) !== undefined;
    },
    renewed(place, token, life) {
      say(world, `renewed ${token.id} for ${lengthText(life)}`);
      const each = at(place);
      each.failures = 0;
      each.isFailing = false;
      result.renewals++;
      if (!isTimely(scenario, { age: clock.now() - each.toldAt, span: each.toldSpan }) && !isExcused(judge, each)) {
        result.needlessRenewals++;
        if (result.needlessRenewals > limits.needless) bad("renewals", "a needless renewal");
      }
      tell(judge, each, life);
      each.longer = true;
      each.excused = isCapped(scenario.shape, life, scenario.cron);
    },
    changes: (place) => close(at(place)),
    takes: (place) => close(at(place)),
    took(place) {
      const each = at(place);
      const held = tokenOf(place, place.consumer) ?? (each.held?.value === place.consumer ? each.held : undefined);
      if (held === undefined && each.held !== undefined) each.lostAt = clock.now();
      each.byHand = held === undefined && place.consumer !== undefined;
      if (held !== each.held) each.longer = false;
      each.held = held;
      say(
        world,
        `the consumer holds ${held?.id ?? place.consumer ?? "nothing"}, ends at ${lengthText(held?.end ?? 0)}`,
      );
      judge.onTook(each);
    },
    waits: (place, ms) => judge.onWaits(at(place), ms),
  };
  return judge;
}

function caseOf(place: Place): Case {
  return {
    place,
    held: undefined,
    byHand: false,
    lostAt: 0,
    judgedTo: 0,
    toldAt: 0,
    toldSpan: 0,
    excused: true,
    longer: false,
    lastCall: -Infinity,
    lastKind: undefined,
    failures: 0,
    isFailing: false,
    unknownUntil: -Infinity,
    alarm: "",
    alarmSince: 0,
  };
}

/** As long as the ones before it, and half a day where there was none. */
function noteUnknown({ world, limits }: Judge, each: Case): void {
  const life = each.held === undefined ? Math.max(limits.life, 12 * hour) : limits.life;
  each.unknownUntil = Math.max(each.unknownUntil, world.clock.now() + life);
}

/** Terms were told. */
function tell({ world }: Judge, each: Case, span: number): void {
  each.toldAt = world.clock.now();
  each.toldSpan = span;
  each.excused = false;
}

function isExcused({ limits, world }: Judge, each: Case): boolean {
  return each.excused || limits.clocky(world.clock.now());
}

/** A new lease is needless while the one before had time left and nothing had happened to it, or could have been renewed. */
function noteMint(judge: Judge, each: Case, token: Token): void {
  const { world, result, limits, bad } = judge;
  const { scenario, clock } = world;
  const now = clock.now();
  result.mints++;
  const before = each.place.tokens.at(-2);
  const couldRenew =
    scenario.shape.maxTtl !== undefined && renewalLife(world, before) >= (scenario.shape.life * 2) / 3 + second;
  const timely = isTimely(scenario, { age: now - each.toldAt, span: each.toldSpan }) && !couldRenew;
  if (before !== undefined && !timely && !isExcused(judge, each)) {
    result.needlessMints++;
    if (result.needlessMints > limits.needless)
      bad("mints", couldRenew ? "minted instead of renewed" : "a needless mint");
  }
  tell(judge, each, token.end - now);
}
