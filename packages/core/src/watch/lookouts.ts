import { createAgenda, type Agenda } from "../engine/agenda.ts";
import { turnOf } from "../engine/need.ts";
import {
  hasWorkNow,
  isLeftAlone,
  observationDiffers,
  presentAll,
  retirementAt,
  standAsSeen,
  type Present,
} from "../engine/quick-look.ts";
import type { Rotation } from "../loading/model.ts";
import { sharedReloads } from "../loading/shared-reloads.ts";
import type { RotationDeps } from "../rotation/session.ts";
import { nearlyDueAt, turnAt } from "../rotation/turns.ts";
import { createPosts, type Posts } from "./posts.ts";
import { createWaiting, type Waiting } from "./waiting.ts";

/** Which rotations of one spec a daemon has to look at, and when: one whose time has come, whose state was written, or that somebody asks for. Nothing else is read. */
export interface Lookouts {
  /** They may stand otherwise. Names that are not ours are nobody's. */
  readonly ask: (names: Iterable<string>) => void;
  /** The same of those that somebody else than a tick has written: what a tick could not help before, the next may. */
  readonly askAnew: (names: Iterable<string>) => void;
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
/** Nothing is believed for longer without a look. ms */
const longestUnseen = 3_600_000;
/** So many states are held at once. */
const chunk = 500;
/** So many sinks are read between two looks at what is due. */
const sinksAtOnce = 128;

/** What the parts of the lookouts of one spec share. */
interface Shared {
  readonly rotations: readonly Rotation[];
  readonly clock: RotationDeps["clock"];
  readonly monotonic: RotationDeps["runtime"]["monotonic"];
  readonly posts: Posts;
  readonly waiting: Waiting;
  /** When each has to be looked at, rotation time. */
  readonly agenda: Agenda;
  readonly nearlyDue: Float64Array;
  /** 1: its sinks held what its state says, and nobody has written that since. */
  readonly matching: Uint8Array;
  /** A tick could not help them. */
  readonly idle: Set<number>;
}

type Tell = (presents: readonly Present[]) => Promise<void>;

/** Starts with nothing known: the first look is at all. */
export function createLookouts(
  rotations: readonly Rotation[],
  { clock, runtime }: Pick<RotationDeps, "clock" | "runtime">,
): Lookouts {
  const { monotonic } = runtime;
  const indexOf = new Map(rotations.map(({ name }, index) => [name, index]));
  const sharers = sharersOf(rotations);
  const [posts, waiting, agenda] = [
    createPosts(rotations.length, runtime),
    createWaiting(runtime),
    createAgenda(rotations.length),
  ];
  const nearlyDue = new Float64Array(rotations.length).fill(Infinity);
  const matching = new Uint8Array(rotations.length);
  const shared: Shared = { rotations, clock, monotonic, posts, waiting, agenda, nearlyDue, matching, idle: new Set() };
  const asked = new Set<number>();
  let isAllAsked = true;
  let nextSink = rotations.length;

  function askAnew(index: number): void {
    posts.restless(index);
    asked.add(index);
  }
  /** What is to be looked at now. Nothing of it stands on the agenda any more. */
  function takeAsked(): readonly number[] {
    waiting.take().forEach(askAnew);
    const due = agenda.take(clock.now());
    const all = isAllAsked ? rotations.keys() : new Set([...due, ...asked]);
    isAllAsked = false;
    asked.clear();
    return [...all];
  }
  /** Some of the sinks, from where it stopped the last time. */
  function takeSinks(): readonly number[] {
    const some: number[] = [];
    for (; nextSink < rotations.length && some.length < sinksAtOnce; nextSink++)
      if (posts.isFree(nextSink)) some.push(nextSink);
    return some;
  }

  /** What is at work is looked at when it has ended, and when its time comes. */
  function notBusy(names: Iterable<string>): readonly number[] {
    return [...names].flatMap((name) => {
      const index = indexOf.get(name);
      return index === undefined || posts.isBusy(index) ? [] : [index];
    });
  }

  return {
    ask: (names) => notBusy(names).forEach((index) => asked.add(index)),
    askAnew: (names) => notBusy(names).forEach(askAnew),
    askAll: () => void (isAllAsked = true),
    askFailing: () => waiting.all().forEach(askAnew),
    askSinks: () => void (nextSink = 0),
    begin: (batch) => batch.forEach(({ name }) => posts.begin(indexOf.get(name)!)),
    end({ name }, how) {
      const index = indexOf.get(name)!;
      posts.end(index);
      asked.add(index);
      if (how === "idle") shared.idle.add(index);
      else posts.rest(index, monotonic() + (how === "helped" ? shortestPause : how));
    },
    succeeded: waiting.succeeded,
    async look(deps, tell) {
      const some = takeAsked();
      try {
        for (let from = 0; from < some.length; from += chunk)
          await lookAt(some.slice(from, from + chunk), { ...shared, deps, tell });
        await lookAtSinks(takeSinks(), { ...shared, deps });
      } catch (error) {
        for (const index of some) asked.add(index);
        throw error;
      }
    },
    next: (most) => takeReady(most, { ...shared, sharers }).map((index) => rotations[index]!),
    untilNext() {
      if (isAllAsked || asked.size > 0 || nextSink < rotations.length) return 0;
      const waking = waiting.next() - monotonic();
      return Math.max(0, Math.min(agenda.next() - clock.now(), waking, posts.untilPlace()));
    },
  };
}

async function lookAt(
  some: readonly number[],
  { deps, tell, ...shared }: Shared & { readonly deps: RotationDeps; readonly tell: Tell },
): Promise<void> {
  const { rotations, posts, matching } = shared;
  for (const index of some) matching[index] = 0;
  const presents = await presentAll(
    some.map((index) => rotations[index]!),
    deps,
  );
  await tell(presents);
  for (const [at, index] of some.entries()) {
    const present = presents[at]!;
    const { rotation, state } = present.moment;
    const place = { rotation, deps };
    posts.ready.set(index, undefined);
    settleRest(index, present, shared);
    const isWork = posts.isFree(index) && !isLeftAlone(place, state) && hasWorkNow(present, { patient: true });
    if (isWork) posts.ready.set(index, turnOf(present.moment));
    keep(index, present, { ...shared, deps });
  }
}

function settleRest(index: number, { moment, standing: { next } }: Present, { idle, posts, monotonic }: Shared): void {
  const pause = Math.min(Math.max(next - moment.now, shortestPause), longestPause);
  if (idle.delete(index)) posts.rest(index, monotonic() + pause);
  if (posts.restOf(index) <= 0) posts.restless(index);
}

/** Puts it on the agenda. */
function keep(
  index: number,
  { moment, standing: { next } }: Present,
  { deps, posts, waiting, agenda, nearlyDue }: Shared & { readonly deps: RotationDeps },
): void {
  const { rotation, now, state } = moment;
  const retiring = retirementAt({ rotation, deps }, state);
  const turn = Math.min(turnAt(moment), retiring > now ? retiring : Infinity, now + longestUnseen);
  const isTaken = posts.isBusy(index) || posts.ready.has(index);
  const own = isTaken ? Infinity : Math.max(next, now + shortestPause, now + Math.max(posts.restOf(index), 0));
  agenda.set(index, Math.min(turn, own));
  nearlyDue[index] = nearlyDueAt(moment);
  waiting.note(rotation.provider.name, index, state.failure !== undefined);
}

/** Of what matched its state, and stands as it did then, the state is not read again. */
async function lookAtSinks(
  all: readonly number[],
  { deps, rotations, posts, clock, matching }: Shared & { readonly deps: RotationDeps },
): Promise<void> {
  const some = all.filter((index) => matching[index] === 0 || !standAsSeen(rotations[index]!, deps));
  const states = await deps.store.loadAll(some.map((index) => rotations[index]!.name));
  for (const index of some) matching[index] = 1; // until a look finds that its state was written meanwhile
  const differ = await Promise.all(
    some.map(async (index, at) => {
      const place = { rotation: rotations[index]!, deps };
      if (isLeftAlone(place, states[at]!)) matching[index] = 0;
      else if (await observationDiffers(place, states[at]!)) return true;
      return false;
    }),
  );
  const turn = { need: "alive", by: clock.now() } as const;
  for (const [at, index] of some.entries()) {
    if (!differ[at]) continue;
    matching[index] = 0;
    if (posts.isFree(index)) posts.ready.set(index, turn);
  }
}

type Sharers = ReadonlyMap<string, readonly number[]>;

function takeReady(most: number, shared: Shared & { readonly sharers: Sharers }): readonly number[] {
  const { posts, clock } = shared;
  const taken = new Set<number>();
  while (posts.quick().length + taken.size < most) {
    const index = posts.ready.pop(clock.now());
    if (index === undefined) break;
    for (const one of [index, ...sharingWith(index, shared)]) {
      posts.ready.set(one, undefined);
      taken.add(one);
    }
  }
  return [...taken].toSorted((a, b) => a - b);
}

/** What shares a reload with one that is worked on goes with it, when there is work on it or nearly is: that may be pulled forward. */
function sharingWith(
  index: number,
  { rotations, clock, sharers, posts, nearlyDue }: Shared & { readonly sharers: Sharers },
): readonly number[] {
  const now = clock.now();
  const sharing = sharedReloads(rotations[index]!).flatMap((name) => sharers.get(name) ?? []);
  return sharing.filter((other) => posts.ready.has(other) || (nearlyDue[other]! <= now && posts.isFree(other)));
}

/** Which rotations have each named reload. */
function sharersOf(rotations: readonly Rotation[]): Sharers {
  const sharers = new Map<string, number[]>();
  for (const [index, rotation] of rotations.entries())
    for (const name of sharedReloads(rotation)) {
      const those = sharers.get(name);
      if (those) those.push(index);
      else sharers.set(name, [index]);
    }
  return sharers;
}
