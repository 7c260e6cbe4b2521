/** What may happen between any two acts of the engine: its process dies, time passes, somebody else meddles. */
import {
  byValue,
  consumerReads,
  die,
  fallBack,
  fault,
  isReadable,
  land,
  lives,
  say,
  second,
  setSink,
  type Shape,
  type World,
  writeBackAll,
} from "./world.ts";

type Meddling = (world: World) => void | Promise<void>;

const always: Readonly<Record<string, Meddling>> = {
  crash: (world) => die(world, ""),
};

const late: Readonly<Record<string, Meddling>> = { "a late write lands": land };

const pauses: Readonly<Record<string, Meddling>> = {
  pause: (world) => pass(world, 1 + (world.log.length % 9)),
  "long pause": (world) => pass(world, 12),
  ...late,
};

const clock: Readonly<Record<string, Meddling>> = {
  "clock 8 s ahead": (world) => stepClock(world, 8),
  "clock 8 s back": (world) => stepClock(world, -8),
  reboot(world) {
    writeBackAll(world);
    world.boot = { id: world.boot.id + 1, at: world.time };
    die(world, "the machine reboots");
  },
};

const specChange: Readonly<Record<string, Meddling>> = {
  "sinks reordered"(world) {
    edit(world, world.edited.order.toReversed());
  },
  "sink dropped"(world) {
    if (world.edited.order.length > 1) edit(world, world.edited.order.slice(0, -1));
  },
  "sink added"(world) {
    edit(world, [...new Set([...world.edited.order, ...world.sinks.keys()])]);
  },
  "request changed"(world) {
    world.edited = { ...world.edited, version: world.edited.version + 1 };
    say(world, "the spec now asks for something else");
  },
};

const others: Readonly<Record<string, { readonly in: (shape: Shape) => boolean; readonly act: Meddling }>> = {
  "by hand": {
    in: ({ rich }) => rich.handEdits === true,
    act(world) {
      world.handEdited = true;
      setSink(world, world.log.length % world.sinks.length, {
        value: `by hand ${world.log.length}`,
        why: "somebody edits",
      });
    },
  },
  "an old value by hand": {
    in: ({ rich }) => rich.handEdits === true,
    act(world) {
      const watched = world.order.filter((sink) => world.edited.order.includes(sink));
      const index = watched[world.log.length % watched.length] ?? 0;
      const sink = world.sinks[index]!;
      const now = byValue(world, sink.value)?.id ?? 0;
      const old = world.issued.findLast(
        (issued) => issued.id < now && lives(world, issued) && world.published.has(issued.value),
      );
      if (old === undefined || !isReadable(sink.kind)) return;
      world.handEdited = true;
      sink.value = old.value;
      sink.version++;
      say(world, `somebody puts ${old.value} back into sink ${index}`);
    },
  },
  "state backed up or restored": {
    in: ({ rich }) => rich.stateRollback === true,
    act: (world) => world.onState?.("restore"),
  },
  "state lost": { in: ({ rich }) => rich.stateLost === true, act: (world) => world.onState?.("lose") },
  "power failure": { in: losesPower, act: losePower },
  "power failure, unsynced files as before": {
    in: losesPower,
    act(world) {
      fallBack(world);
      losePower(world);
    },
  },
  "the database is away": {
    in: ({ rich }) => rich.fleet === true,
    act(world) {
      const seconds = 3 + (world.log.length % 3) * 6;
      world.databaseAwayUntil = world.time + seconds * second;
      say(world, `the database does not answer for ${seconds} s`);
    },
  },
  "second process": {
    in: ({ rich }) => rich.twoProcesses === true || rich.fleet === true,
    act: (world) => world.onSecondProcess?.(),
  },
  blackout: {
    in: ({ rich }) => rich.blackouts === true,
    act(world) {
      world.blackoutUntil = world.time + 7 * second;
      say(world, "remote sinks do not answer for 7 s");
    },
  },
};

function losesPower({ rich }: Shape): boolean {
  return rich.power === true && !rich.twoProcesses;
}

/** Remote sinks and the issuer keep what they have; the state goes back to what was synced. */
function losePower(world: World): never {
  writeBackAll(world);
  world.boot = { id: world.boot.id + 1, at: world.time };
  world.onPowerFailure?.();
  die(world, "the machine loses power");
}

/** A running process keeps the spec that it started with. */
function edit(world: World, order: readonly number[]): void {
  world.edited = { ...world.edited, order };
  say(world, `the spec now names the sinks ${order.join(" ")}`);
}

function pass(world: World, seconds: number): void {
  world.time += seconds * second;
  say(world, `${seconds} s pass`);
}

function stepClock(world: World, seconds: number): void {
  world.clockOffset = seconds * second;
  say(world, `the wall clock is off by ${seconds} s`);
}

function restarts({ consumers }: Shape): Readonly<Record<string, Meddling>> {
  return Object.fromEntries(
    Array.from({ length: consumers }, (_, which) => [
      `consumer ${which} restarts`,
      (world: World) => consumerReads(world, which, "a restart by somebody else"),
    ]),
  );
}

function meddlingsOf(shape: Shape): Readonly<Record<string, Meddling>> {
  const { rich, sinks } = shape;
  return {
    ...always,
    ...restarts(shape),
    ...(sinks.some((kind) => kind.startsWith("late")) && late),
    ...(rich.pauses && pauses),
    ...(rich.clock && clock),
    ...(rich.specChange && specChange),
    ...Object.fromEntries(
      Object.entries(others)
        .filter(([, other]) => other.in(shape))
        .map(([name, { act }]) => [name, act]),
    ),
  };
}

const known = new WeakMap<Shape, Readonly<Record<string, Meddling>>>();

/** Between any two acts. */
export async function turn(world: World, label: string): Promise<void> {
  if (world.quiet) return;
  const meddlings = known.get(world.shape) ?? meddlingsOf(world.shape);
  known.set(world.shape, meddlings);
  const name = fault(world, label, Object.keys(meddlings));
  if (name === undefined) return;
  if (name === "crash") say(world, label);
  await meddlings[name]!(world);
}

/** Between the last look at the lock and the act itself: shorter than the margin, since no look can cover more. */
export function hesitate(world: World): void {
  if (!world.shape.rich.pauses || world.quiet) return;
  const name = fault(world, "between guard and act", ["hesitates"]);
  if (name !== undefined) pass(world, 1 + (world.log.length % 3));
}
