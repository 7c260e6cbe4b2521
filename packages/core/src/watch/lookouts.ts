import {
  hasWork,
  isLeftAlone,
  observationDiffers,
  presentAll,
  retirementAt,
  type Present,
} from "../engine/quick-look.ts";
import type { Rotation } from "../loading/model.ts";
import { sharedReloads } from "../loading/shared-reloads.ts";
import type { RotationDeps } from "../rotation/session.ts";
import { mustOfHeld, type Moment } from "../rotation/moment.ts";
import { nearlyDueAt, turnAt } from "../rotation/turns.ts";
import { createAgenda } from "./agenda.ts";

/** Which rotations of one spec a daemon has to look at, and when: one whose time has come, whose state was written, or that somebody asks for. Nothing else is read. */
export interface Lookouts {
  /** They may stand otherwise. Names that are not ours are nobody's. */
  readonly ask: (names: Iterable<string>) => void;
  readonly askAll: () => void;
  /** Those that wait after a failure. */
  readonly askFailing: () => void;
  /** What the sinks hold is compared as well, some of them at each look. */
  readonly askSinks: () => void;
  /** They are at work. */
  readonly begin: (batch: readonly Rotation[]) => void;
  /** One is not any more. `helped`: something was done. `idle`: nothing could be. Else it is left alone for so many ms. */
  readonly end: (rotation: Rotation, how: "helped" | "idle" | number) => void;
  /** The issuer answered well: what waits for it may be woken. */
  readonly succeeded: (provider: string) => void;
  /** Looks at all that has to be looked at, and tells how it stands. Throws when the state cannot be read: then all of it is looked at again. */
  readonly look: (deps: RotationDeps, tell: (presents: readonly Present[]) => Promise<void>) => Promise<void>;
  /** What is to be worked on, the most urgent first, until so many are at work; what shares a reload is given together. One that takes long keeps no other from its time. */
  readonly next: (most: number) => readonly Rotation[];
  /** ms until the next has to be looked at. */
  readonly untilNext: () => number;
}

/** Between two looks at one rotation. ms */
const shortestPause = 250;
/** What a look could not help is looked at again after so long at most. ms */
const longestPause = 30_000;
/** What has been at work for longer waits for somebody: its place is another's. ms */
const slowAfter = 5_000;
/** What was never had is waited for: it comes before what works for longer than this, ms. */
const soon = 10 * 60_000;
/** Nothing is believed for longer without a look. ms */
const longestUnseen = 3_600_000;
/** So many states are held at once. */
const chunk = 500;
/** So many sinks are read between two looks at what is due. */
const sinksAtOnce = 128;
/** What waits for an issuer is not looked at again at each of a thousand successes. ms */
const wakeEvery = 1_000;

/** Starts with nothing known: the first look is at all. */
export function createLookouts(
  rotations: readonly Rotation[],
  { clock, runtime }: Pick<RotationDeps, "clock" | "runtime">,
): Lookouts {
  const indexOf = new Map(rotations.map(({ name }, index) => [name, index]));
  const sharers = sharersOf(rotations);
  const agenda = createAgenda(rotations.length);
  const nearlyDue = new Float64Array(rotations.length).fill(Infinity);
  const asked = new Set<number>();
  /** Since when, monotonic ms. */
  const busy = new Map<number, number>();
  /** There is work on them, and nobody has begun it: by the time that what they hold ends. */
  const ready = createAgenda(rotations.length);
  const isReady = new Uint8Array(rotations.length);
  const idle = new Set<number>();
  const failing = new Map<string, Set<number>>();
  /** Monotonic ms: what a tick could not help is not tried again at once. */
  const restUntil = new Map<number, number>();
  /** Monotonic ms at which those who wait for an issuer are looked at, and after which they may be again. */
  const wakeAt = new Map<string, number>();
  const mayWakeAt = new Map<string, number>();
  let isAllAsked = true;
  let nextSink = rotations.length;

  function indexes(those: Iterable<Rotation>): readonly number[] {
    return [...those].map(({ name }) => indexOf.get(name)!);
  }
  function restOf(index: number): number {
    return (restUntil.get(index) ?? -Infinity) - runtime.monotonic();
  }
  function isFree(index: number): boolean {
    return !busy.has(index) && isReady[index] === 0 && restOf(index) <= 0;
  }
  /** Since when those are at work that have not taken long yet. */
  function quick(): readonly number[] {
    const since = runtime.monotonic() - slowAfter;
    return [...busy.values()].filter((at) => at > since);
  }
  function setReady(index: number, by: number | undefined): void {
    isReady[index] = by === undefined ? 0 : 1;
    ready.set(index, by === undefined ? Infinity : Math.min(by, Number.MAX_VALUE));
  }
  function askIndex(index: number): void {
    restUntil.delete(index);
    asked.add(index);
  }

  function wakeWaiting(): void {
    const now = runtime.monotonic();
    for (const [provider, at] of wakeAt) {
      if (at > now) continue;
      wakeAt.delete(provider);
      mayWakeAt.set(provider, now + wakeEvery);
      failing.get(provider)?.forEach(askIndex);
    }
  }

  /** What is to be looked at now. Nothing of it stands on the agenda any more. */
  function takeAsked(): readonly number[] {
    wakeWaiting();
    const due = agenda.take(clock.now());
    const all = isAllAsked ? rotations.keys() : new Set([...due, ...asked]);
    isAllAsked = false;
    asked.clear();
    return [...all];
  }

  function settleRest(index: number, { moment, standing: { next } }: Present): void {
    const pause = Math.min(Math.max(next - moment.now, shortestPause), longestPause);
    if (idle.delete(index)) restUntil.set(index, runtime.monotonic() + pause);
    if (restOf(index) <= 0) restUntil.delete(index);
  }

  function keep(index: number, { moment, standing: { next } }: Present, deps: RotationDeps): void {
    const { rotation, now, state } = moment;
    const rest = restOf(index);
    const retiring = retirementAt({ rotation, deps }, state);
    const turn = Math.min(turnAt(moment), retiring > now ? retiring : Infinity, now + longestUnseen);
    const own =
      busy.has(index) || isReady[index] === 1 ? Infinity : Math.max(next, now + shortestPause, now + Math.max(rest, 0));
    agenda.set(index, Math.min(turn, own));
    nearlyDue[index] = nearlyDueAt(moment);
    const waiting = failing.get(rotation.provider.name) ?? new Set();
    failing.set(rotation.provider.name, waiting);
    if (state.failure === undefined) waiting.delete(index);
    else waiting.add(index);
  }

  async function lookAt(
    some: readonly number[],
    deps: RotationDeps,
    tell: (presents: readonly Present[]) => Promise<void>,
  ): Promise<void> {
    const presents = await presentAll(
      some.map((index) => rotations[index]!),
      deps,
    );
    await tell(presents);
    for (const [at, index] of some.entries()) {
      const present = presents[at]!;
      const { rotation, state } = present.moment;
      const place = { rotation, deps };
      setReady(index, undefined);
      settleRest(index, present);
      const isWork = isFree(index) && !isLeftAlone(place, state) && hasWork(place, state, { patient: true });
      if (isWork) setReady(index, urgencyOf(present.moment));
      keep(index, present, deps);
    }
  }

  async function lookAtSinks(deps: RotationDeps): Promise<void> {
    const some: number[] = [];
    for (; nextSink < rotations.length && some.length < sinksAtOnce; nextSink++)
      if (isFree(nextSink)) some.push(nextSink);
    const states = await deps.store.loadAll(some.map((index) => rotations[index]!.name));
    const differ = await Promise.all(
      some.map(async (index, at) => {
        const place = { rotation: rotations[index]!, deps };
        return !isLeftAlone(place, states[at]!) && (await observationDiffers(place, states[at]!));
      }),
    );
    for (const [at, index] of some.entries()) if (differ[at] && isFree(index)) setReady(index, clock.now());
  }

  /** What shares a reload with one that is worked on goes with it, when there is work on it or nearly is: that may be pulled forward. */
  function sharingWith(index: number): readonly number[] {
    const now = clock.now();
    const sharing = sharedReloads(rotations[index]!).flatMap((name) => sharers.get(name) ?? []);
    return sharing.filter((other) => isReady[other] === 1 || (nearlyDue[other]! <= now && isFree(other)));
  }

  return {
    ask(names) {
      for (const name of names) {
        const index = indexOf.get(name);
        // What is at work is looked at when it has ended, and when its time comes.
        if (index !== undefined && !busy.has(index)) asked.add(index);
      }
    },
    askAll: () => void (isAllAsked = true),
    askFailing: () => failing.forEach((those) => those.forEach(askIndex)),
    askSinks: () => void (nextSink = 0),
    begin: (batch) => indexes(batch).forEach((index) => busy.set(index, runtime.monotonic())),
    end(rotation, how) {
      const [index = 0] = indexes([rotation]);
      busy.delete(index);
      asked.add(index);
      if (how === "idle") idle.add(index);
      else restUntil.set(index, runtime.monotonic() + (how === "helped" ? shortestPause : how));
    },
    succeeded(provider) {
      if (!wakeAt.has(provider) && (failing.get(provider)?.size ?? 0) > 0)
        wakeAt.set(provider, mayWakeAt.get(provider) ?? -Infinity);
    },
    async look(deps, tell) {
      const some = takeAsked();
      try {
        for (let from = 0; from < some.length; from += chunk) await lookAt(some.slice(from, from + chunk), deps, tell);
        await lookAtSinks(deps);
      } catch (error) {
        for (const index of some) asked.add(index);
        throw error;
      }
    },
    next(most) {
      const taken = new Set<number>();
      while (quick().length + taken.size < most) {
        const index = ready.pop();
        if (index === undefined) break;
        for (const one of [index, ...sharingWith(index)]) {
          setReady(one, undefined);
          taken.add(one);
        }
      }
      return [...taken].toSorted((a, b) => a - b).map((index) => rotations[index]!);
    },
    untilNext() {
      if (isAllAsked || asked.size > 0 || nextSink < rotations.length) return 0;
      const places = ready.next() === Infinity ? Infinity : Math.min(...quick()) + slowAfter - runtime.monotonic();
      const waking = Math.min(...wakeAt.values(), Infinity) - runtime.monotonic();
      return Math.max(0, Math.min(agenda.next() - clock.now(), waking, places));
    },
  };
}

/** Until when it can wait: what is held, by its end; what was never had, as if it ended soon; what failed and has nothing to lose comes last. Rotation time, ms. */
function urgencyOf(moment: Moment): number {
  const must = mustOfHeld(moment);
  if (must < Infinity) return must;
  return moment.state.failure === undefined ? moment.now + soon : Infinity;
}

/** Which rotations have each named reload. */
function sharersOf(rotations: readonly Rotation[]): ReadonlyMap<string, readonly number[]> {
  const sharers = new Map<string, number[]>();
  for (const [index, rotation] of rotations.entries())
    for (const name of sharedReloads(rotation)) {
      const those = sharers.get(name);
      if (those) those.push(index);
      else sharers.set(name, [index]);
    }
  return sharers;
}
