/** Starts the engine as people do, from cron or as a daemon, and does to it what people and machines do. */
import { sleepWith, type Runtime } from "@rotate/runtime";
import { newLife, nextOf, type Life } from "./clockwork.ts";
import { createSite, keepWatching, revoke, run, status, type Start, type View } from "./engine.ts";
import { awaitHearing } from "./hearing.ts";
import type { Judge } from "./judge.ts";
import type { Looks } from "./looks.ts";
import { machineOf, runtimeOf, trueOf } from "./machine.ts";
import { misbelief } from "./receiver.ts";
import { awayAt, bootAt, trueAfter } from "./outside.ts";
import { specOf } from "./parts.ts";
import { hour, minute, second, type Edit } from "./scenario.ts";
import { say, write, type World } from "./world.ts";

/** How a daemon sleeps when nothing is near, and who tells of alarms when nothing is to be told. */
const longestSleep = 30 * second;
const idleSleeps: readonly number[] = [longestSleep, 10 * minute];
/** Until then after an event each sleep is slept as asked: the sinks are looked at each five minutes. */
const watchful = 6 * minute;
/** After a boot, until the daemon runs. */
const bootTime = 20 * second;

export interface Drive {
  readonly views: (names?: readonly string[]) => Promise<readonly View[]>;
  /** What the running daemon shows; nothing while there is none. */
  readonly shown: (names: readonly string[]) => Promise<readonly View[]>;
  readonly begin: (looks: Looks) => void;
}

export function createDrive(world: World, judge: Judge): Drive {
  const { clock, scenario, outside } = world;
  const site = createSite();
  let alive: Life[] = [];
  let changed: (() => void) | undefined;
  let daemonSays: Drive["shown"] | undefined;
  /** Cancels the start of a daemon that is to come. */
  let unplanned: (() => void) | undefined;
  const events = [
    ...scenario.offsets.map(({ at }) => at),
    ...scenario.edits.map(({ at }) => at),
    ...outside.aways.flatMap(({ from, to }) => [from, to]),
  ].toSorted((a, b) => a - b);

  function startOf(life: Life, { sleep, spec = specOf(world) }: Partial<Pick<Runtime, "sleep"> & Start> = {}): Start {
    return { site, spec, runtime: runtimeOf(world, life, sleep), machine: machineOf(world) };
  }

  let asked = { edits: world.edits, spec: specOf(world) };
  /** A process that only asks, and leaves no trace. */
  function asker(): Start {
    if (asked.edits !== world.edits) asked = { edits: world.edits, spec: specOf(world) };
    return startOf(newLife(), asked);
  }

  function spawn(): Life {
    const life = newLife();
    alive = [...alive.filter(({ dead }) => !dead), life];
    return life;
  }

  /** What a process ends in that nobody expected. */
  function crashed(life: Life, error: unknown): void {
    if (life.dead) return;
    judge.result.crashes++;
    judge.bad("crash", error instanceof Error ? (error.stack ?? error.message) : String(error));
  }

  async function cronRun(looks: Looks): Promise<void> {
    const life = spawn();
    judge.result.runs++;
    const nth = judge.result.runs;
    try {
      const ran = await run(startOf(life), { every: scenario.told ? scenario.cron : undefined });
      say(world, `run ${nth} exits ${ran.exit}: ${ran.outcomes.join()}`);
      await judgeRun(world, judge, { ran, nth, views: () => status(asker()) });
      if (ran.exit !== 0) judge.cases.forEach(looks.alarmed);
    } catch (error) {
      crashed(life, error);
    }
    life.dead = true;
  }

  function nextSlot(looks: Looks): void {
    const cron = scenario.cron!;
    const slot = (Math.floor(clock.now() / cron) + 1) * cron + Math.floor(world.dice() * 2 * second);
    clock.at(slot, () => {
      nextSlot(looks);
      if (!awayAt(outside, clock.now())) void cronRun(looks);
    });
  }

  function daemon(looks: Looks): void {
    const life = spawn();
    judge.cases.forEach((each) => (each.alarm = ""));
    const sleep = patientSleep(life, looks);
    void keepWatching(startOf(life, { sleep }), {
      signal: new AbortController().signal,
      load: () => specOf(world),
      // Nobody tells a process that is gone of an edit: the next one reads the spec as it is then.
      edited: (call) => void (changed = () => (life.dead ? undefined : call())),
      opened: (ask) => void (daemonSays = ask),
      alarm: (rotation, alarm) => {
        const each = judge.cases.get(rotation)!;
        each.alarm = alarm;
        each.alarmSince = clock.now();
        say(world, `alarm: ${alarm || "none"}`);
        if (alarm === "") return;
        judge.result.alarms++;
        looks.alarmed(each);
      },
    }).catch((error: unknown) => crashed(life, error));
  }

  /** A daemon's sleeps. When nothing else goes on and nothing is near, the next ones are slept in one go. */
  function patientSleep(life: Life, looks: Looks): Runtime["sleep"] {
    /** It lives as long, and what it waits for is nothing that goes on. */
    const idle: Life = {
      get dead() {
        return life.dead;
      },
      pending: new Set(),
    };
    const start = (ms: number, done: () => void): (() => void) => {
      countWake(judge);
      const isIdle = idleSleeps.includes(ms) && !scenario.exact;
      const owner = isIdle ? idle : life;
      let cancel = clock.at(trueAfter(outside, clock.now(), ms), fire, owner);
      async function fire(): Promise<void> {
        const until = isIdle ? Math.min(await quietUntil(looks), nextOf(life)) : 0;
        if (life.dead) return;
        if (until - clock.now() > longestSleep) cancel = clock.at(until, done, owner);
        else done();
      }
      return () => cancel();
    };
    return sleepWith(start);
  }

  async function quietUntil(looks: Looks): Promise<number> {
    const now = clock.now();
    const last = events.findLast((at) => at <= now) ?? -Infinity;
    if (now - last < watchful) return now;
    const next = events.find((at) => at > now) ?? Infinity;
    const until = Math.min(await wantedAt(last), next + world.dice() * longestSleep, looks.next() - second, now + hour);
    const away = awayAt(outside, until);
    return away === undefined ? until : away.to + Math.min(until - away.from, longestSleep);
  }

  let wanted = { writes: -1, last: 0, at: 0 };
  /** When the engine wants to look next, true time: it says so anew when something was written, or happened to the machine. */
  async function wantedAt(last: number): Promise<number> {
    const { length: writes } = site.state.writes;
    if (wanted.writes === writes && wanted.last === last && wanted.at > clock.now()) return wanted.at;
    const nexts = (await views()).map(({ next }) => (next === undefined ? Infinity : trueOf(world, next)));
    wanted = { writes, last, at: Math.min(...nexts) };
    return wanted.at;
  }

  function views(names?: readonly string[]): Promise<readonly View[]> {
    return status(asker(), names);
  }

  function killed(looks: Looks): void {
    judge.excuse();
    say(world, "killed");
    world.kills.push(clock.now());
    for (const life of alive) life.dead = true;
    daemonSays = undefined;
    site.breakLocks();
    startLater(second, looks);
  }

  /** A daemon starts after so much time in which the machine was awake, unless it is switched off, or killed, before. */
  function startLater(ms: number, looks: Looks): void {
    unplanned?.();
    if (scenario.cron !== undefined) return;
    const { id } = bootAt(outside, clock.now());
    const at = trueAfter(outside, clock.now(), ms);
    if (bootAt(outside, at).id === id) unplanned = clock.at(at, () => daemon(looks));
  }

  async function edit({ kind }: Edit, looks: Looks): Promise<void> {
    say(world, `edit: ${kind}`);
    if (kind === "kill") return killed(looks);
    if (kind === "save") return changed?.();
    judge.excuse();
    for (const place of world.places.values()) {
      if (kind === "changed") write(world, place, "by hand");
      if (kind === "absent") write(world, place, undefined);
      if (kind === "revoke" && scenario.revokes) void revoke(startOf(spawn()), place.name).catch(() => undefined);
    }
    if (kind !== "spec") return;
    world.edits++;
    changed?.();
    awaitHearing(judge);
  }

  function begin(looks: Looks): void {
    for (const { from, to, off } of outside.aways) {
      clock.at(from, () => {
        say(world, off ? "off" : "sleeps");
        if (!off) return;
        for (const life of alive) life.dead = true;
        daemonSays = undefined;
        site.breakLocks();
      });
      clock.at(to, () => {
        judge.excuse();
        if (off) startLater(bootTime, looks);
      });
    }
    for (const one of scenario.edits)
      clock.at(Math.max(one.at, awayAt(outside, one.at)?.to ?? 0), () => edit(one, looks));
    if (scenario.cron === undefined) return daemon(looks);
    clock.at(second, () => void cronRun(looks));
    nextSlot(looks);
  }

  return { views, shown: async (names) => (await daemonSays?.(names)) ?? [], begin };
}

const wakes = new WeakMap<Judge, { minute: number; count: number; calls: number; most: number }>();

/** It sleeps so often for a call: until it answers, until the consumer is up, until what is next. */
const wakesForCall = 6;

/** After a save all sinks are read, some at a time, and it looks at what is due in between. */
const sinksAtOnce = 128;

/** A daemon that wakes twice a second without work spins. */
function countWake(judge: Judge): void {
  const { result, world } = judge;
  const now = Math.floor(world.clock.now() / minute);
  let own = wakes.get(judge);
  if (own?.minute !== now) {
    const saves = world.scenario.edits.filter(({ kind, at }) => kind === "save" && Math.floor(at / minute) === now);
    const each = 2 + Math.floor(world.scenario.siblings / sinksAtOnce);
    own = { minute: now, count: 0, calls: result.calls, most: 120 + each * saves.length };
    wakes.set(judge, own);
  }
  own.count++;
  const busy = world.scenario.siblings > 1 ? wakesForCall * (result.calls - own.calls) : 0;
  if (own.count <= own.most + busy) return;
  own.most = Infinity;
  judge.result.spins++;
  judge.bad("spins", "the daemon wakes more than twice a second");
}

interface RunFound {
  readonly ran: { readonly exit: number; readonly outcomes: readonly string[] };
  readonly nth: number;
  readonly views: () => Promise<readonly View[]>;
}

/** What a run leaves wrong, and what is right again, was told. */
function judgeTold({ world, result, bad }: Judge, seen: readonly View[]): void {
  for (const { name, alarm } of seen) {
    const wrong = misbelief(world, name, alarm);
    if (wrong === undefined) continue;
    result.untold++;
    bad("untold", `after a run ${name} ${wrong}`);
  }
}

const severity = [3, 4, 1, 5, 0];

/** A run's exit code says what `status --check` says right after it, and a cadence that is too slow. */
async function judgeRun(
  { scenario, outside, clock, dice }: World,
  judge: Judge,
  { ran, nth, views }: RunFound,
): Promise<void> {
  const { result, limits, bad } = judge;
  const idle = ran.exit === 0 && ran.outcomes.every((outcome) => outcome === "fresh");
  const seen = ran.outcomes.includes("locked") ? [] : await views();
  judgeTold(judge, seen);
  if (seen.length > 0 && (!idle || dice() < 0.05)) {
    // What was done counts, too.
    const failed = ran.outcomes.includes("failed");
    const check = severity.find((code) => seen.some(({ exit }) => exit === code || (failed && code === 1))) ?? 0;
    if (check !== ran.exit && seen.every(({ state }) => state !== "rotating")) {
      result.disagreed++;
      bad("views", `run exits ${ran.exit} (${ran.outcomes.join()}), status --check ${check} (${seen[0]?.state})`);
    }
  }
  const canKnow = nth === (scenario.told ? 1 : 3);
  const calm =
    !limits.clocky(clock.now()) && !scenario.shape.shrinks && outside.bad.every(([from]) => from > clock.now());
  if (!canKnow || !limits.slowCron || !calm || ran.exit !== 0) return;
  result.cadenceUnsaid++;
  bad("cadence", "too slow, and nothing said");
}
