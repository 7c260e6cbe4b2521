/** Looks at what the engine says of itself, and compares it with the truth. */
import type { View } from "./engine.ts";
import { allowanceOf, endOf, type Case, type Judge } from "./judge.ts";
import { judgeLedger } from "./ledger.ts";
import { lookAgain } from "./limits.ts";
import { trueOf } from "./machine.ts";
import { awayAt, troubleAt, wellFor } from "./outside.ts";
import { misbelief } from "./receiver.ts";
import { day, lengthText, minute, second } from "./scenario.ts";
import { say } from "./world.ts";

/** What a look is about: any moment, the time in which death must have been said, a call that takes long, or a second look after one that differed. */
type About = "any" | "death" | "waiting" | { readonly differed: string } | { readonly untold: string };

export interface Looks {
  /** True time of the next look that is planned: a daemon should have looked shortly before. */
  readonly next: () => number;
  /** An alarm was raised, or a run said that something is wrong: is it true? */
  readonly alarmed: (each: Case) => void;
  /** At the end all must be well. */
  readonly last: (each: Case) => Promise<void>;
}

/** How late an alarm may be: a daemon looks each 30 s. */
const alarmLag = 35 * second;

/** What is better is told after five minutes; a sending process that died is waited for. */
const tellLag = 7 * minute;
const bootLag = 30 * second;

/** What a daemon that was killed has published and not reloaded is owed in truth, until the next one has begun it. */
const takeUpLag = 30 * second;

/** Whom a look asks. */
export interface Asked {
  /** Another process, which reads the state. */
  readonly status: (name: string) => Promise<View>;
  /** The daemon, as its page and its endpoints do; undefined while there is none. */
  readonly daemon: (name: string) => Promise<View | undefined>;
}

/** Plans looks at the views whenever the consumer's credential changes. */
export function planLooks(judge: Judge, ask: Asked): Looks {
  const { world, limits, result, bad } = judge;
  const { clock, scenario, outside, dice } = world;
  const deaths = new Map<Case, () => void>();
  const planned = new Map<symbol, number>();
  /** So many looks at most, spread over all that is held. */
  const share = Math.min(1, (200 * Math.min(limits.life, day)) / scenario.horizon / scenario.siblings);

  function plan(each: Case, when: number, about: About): () => void {
    const key = Symbol(each.place.name);
    planned.set(key, when);
    const cancel = clock.at(when, () => {
      planned.delete(key);
      return look(each, about);
    });
    return () => {
      planned.delete(key);
      cancel();
    };
  }

  function took(each: Case): void {
    deaths.get(each)?.();
    const end = endOf(judge, each);
    const known = each.held !== undefined && scenario.shape.changes === undefined && end < Infinity;
    if (known) deaths.set(each, plan(each, end + allowanceOf(judge, each) + alarmLag + second, "death"));
    if (each.held === undefined || dice() >= share) return;
    const now = clock.now();
    const left = Math.min(end, now + day) - now;
    for (const part of [dice() * 0.4, 0.9]) plan(each, now + 2 * second + part * left, "any");
  }

  async function look(each: Case, about: About): Promise<void> {
    const away = awayAt(outside, clock.now());
    if (away) return void (about === "death" && deaths.set(each, plan(each, away.to + 2 * alarmLag, about)));
    const view = await ask.status(each.place.name);
    judgeViews(view, await ask.daemon(each.place.name));
    judgeLedger(judge, each, view);
    say(world, `looked: ${said({ each, view, about })}`);
    if (each.held === undefined) return;
    const found = { each, view, about };
    judgeTold(found);
    if (about === "death") judgeDeath(found);
    else {
      judgeFalseAlarm(found);
      judgeEnd(found);
    }
    if (about !== "waiting") judgeAgreement(found);
  }

  /** At one instant all who are asked say the same: `status`, the daemon's page, the metrics, the exit code. */
  function judgeViews(view: View, shown: View | undefined): void {
    for (const { state, exit, measured } of [view, shown ?? view]) {
      const isOne =
        state === view.state && exit === view.exit && measured.state === state && measured.isReady === (exit === 0);
      if (isOne) continue;
      result.disagreed++;
      bad("views", `status ${view.state}/${view.exit}, shown ${state}/${exit}, measured ${JSON.stringify(measured)}`);
    }
    result.looks++;
  }

  /** A daemon waits for what may settle: what still differs then was not told. */
  function judgeTold({ each, view, about }: Found): void {
    const wrong = scenario.cron === undefined ? misbelief(world, each.place.name, view.alarm) : undefined;
    if (wrong === undefined) return;
    const since = clock.now() - tellLag;
    const wasAwake = outside.aways.every(({ to }) => to < since - bootLag);
    const hasStood = each.alarmSince <= since; // what comes and goes is not told each time
    if (typeof about !== "object" || !("untold" in about) || about.untold !== wrong || !wasAwake || !hasStood)
      return void plan(each, clock.now() + tellLag + second, { untold: wrong });
    result.untold++;
    bad("untold", wrong);
  }

  interface Found {
    readonly each: Case;
    readonly view: View;
    readonly about: About;
  }
  const said = ({ each, view }: Found): string =>
    `said ${view.state}/${view.code}/${view.exit}${scenario.cron === undefined ? `/${each.alarm || "no alarm"}` : ""}`;

  function judgeDeath(found: Found): void {
    const { each, view } = found;
    const dead = clock.now() - endOf(judge, each);
    const awake = clock.now() - (outside.aways.findLast(({ to }) => to <= clock.now())?.to ?? -Infinity);
    const early = Math.max(allowanceOf(judge, each) + alarmLag - dead, 2 * alarmLag - awake);
    if (early > 0) return void deaths.set(each, plan(each, clock.now() + early + second, "death"));
    const alarmed = scenario.cron !== undefined || each.alarm === "expired";
    const isSaid = limits.clocky(clock.now()) ? view.exit !== 0 : view.exit === 3 && alarmed;
    deaths.set(each, plan(each, clock.now() + lookAgain, "death"));
    if (isSaid) return;
    result.unsaid++;
    result.silentMs += Math.min(dead, lookAgain);
    bad("silent", `dead for ${lengthText(dead)}, ${said(found)}`);
  }

  function judgeFalseAlarm(found: Found): void {
    const { each, view, about } = found;
    if (limits.clocky(clock.now()) || limits.tooSlow || scenario.shape.changes !== undefined || each.longer) return;
    const now = clock.now();
    const left = endOf(judge, each) - now;
    const plenty = left > 0.6 * limits.life && left > 10 * second;
    const told = scenario.cron === undefined ? each.alarm : view.exit === 0 ? "" : view.state;
    const dire = view.exit === 3 || told === "expired" || told === "expiring";
    const edited = scenario.edits.some(({ kind }) => kind === "changed");
    const settled = limits.bound + limits.allow + 20 * second + (scenario.cron ?? 0);
    const allWell = !limits.flaky && wellFor(outside, { from: now - 1, to: now }, settled).ms > 0 && left > 0;
    const isCutOff = told === "reload-owed" && world.kills.some((at) => at <= now && now - at < takeUpLag);
    const wrong =
      (plenty && dire) ||
      (allWell && told !== "" && !edited && !isCutOff) ||
      (about === "waiting" && plenty && allWell && view.exit !== 0 && !edited);
    if (!wrong) return;
    result.falseAlarms++;
    bad("false-alarm", `alive for ${lengthText(left)}, ${about === "waiting" ? "in hand, " : ""}${said(found)}`);
  }

  function judgeEnd(found: Found): void {
    const { each, view } = found;
    const left = endOf(judge, each) - clock.now();
    if (
      !Number.isFinite(left) ||
      scenario.shape.changes !== undefined ||
      (limits.clocky(clock.now()) && !scenario.skewKnown)
    )
      return;
    // Where the clock was wrong nobody may be able to tell.
    const untold = limits.clocky(clock.now()) ? 0 : Infinity;
    const told = view.until === undefined ? untold : trueOf(world, view.until) - clock.now();
    if (told <= Math.max(left, 0) + 5 * second) return;
    result.overstated++;
    bad("overstated", `ends in ${lengthText(left)}, said ${lengthText(told)} (${view.state})`);
  }

  /** An alarm without an exit code, or the other way round. A daemon that has not looked yet gets a second chance. */
  function judgeAgreement(found: Found): void {
    const { each, view, about } = found;
    const differs = (alarm: string): boolean => (alarm !== "") !== (view.exit !== 0) && view.state !== "never";
    const own = view.alarm !== undefined && differs(view.alarm);
    if (!own && (scenario.cron !== undefined || !differs(each.alarm))) return;
    const what = said(found);
    if (!own && !(typeof about === "object" && "differed" in about && about.differed === what))
      return void plan(each, clock.now() + alarmLag, { differed: what });
    result.disagreed++;
    bad("views", `status and alarm differ: ${what}`);
  }

  async function last(each: Case): Promise<void> {
    if (awayAt(outside, clock.now())) throw new Error("the week ends while the machine is away: nobody can ask it");
    const view = await ask.status(each.place.name);
    judgeLedger(judge, each, view);
    const alarm = scenario.cron === undefined ? each.alarm : "";
    const excused =
      limits.tooSlow || (limits.inPlace && scenario.cron !== undefined && endOf(judge, each) <= clock.now());
    if ((view.exit === 0 && alarm === "") || excused) return;
    result.uncleared++;
    bad("uncleared", `at the end: ${said({ each, view, about: "any" })}`);
  }

  judge.onTook = took;
  judge.onWaits = (each, ms) => {
    const trouble = troubleAt(outside, clock.now(), ["reload", "timeout"]);
    if (trouble === undefined && dice() < share) plan(each, clock.now() + ms / 2, "waiting");
  };
  return {
    next: () => Math.min(Infinity, ...planned.values()),
    alarmed: (each) => void plan(each, clock.now() + second, "any"),
    last,
  };
}
