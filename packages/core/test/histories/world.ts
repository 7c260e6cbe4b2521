/** The world a rotation lives in, with everything that can go wrong: an issuer, sinks, a consumer, clocks, and processes that die. One tick is a second. */
import type { RotationState } from "../../src/store/state.ts";
import type { Choices } from "./choices.ts";

export const second = 1_000;
export const life = 40 * second;

export type SinkKind = "file" | "remote" | "blind";

export interface Shape {
  readonly sinks: readonly SinkKind[];
  readonly revoke: boolean;
  readonly find: boolean;
  readonly rollback: boolean;
  /** The issuer may answer with a credential that it gave before. */
  readonly sameValue: boolean;
  readonly overlap: boolean;
  /** Turns beyond crash, delay and a restart by somebody else. */
  readonly rich?: {
    readonly clock?: boolean;
    readonly twoProcesses?: boolean;
    readonly stateRollback?: boolean;
    readonly handEdits?: boolean;
    readonly specChange?: boolean;
  };
}

/** The end of a process. Everything it tries afterwards ends the same way. */
export class Crash extends Error {}
/** An invariant is broken. */
export class Violation extends Error {}

export interface Issued {
  readonly id: number;
  readonly value: string;
  readonly expiresAt: number;
  readonly attempt: string;
  revoked: boolean;
}
export interface WorldSink {
  readonly kind: SinkKind;
  value: string;
  version: number;
}

export interface World {
  readonly shape: Shape;
  readonly issued: Issued[];
  readonly sinks: readonly WorldSink[];
  readonly log: string[];
  /** What each consumer process read, by sink. */
  consumer: readonly string[];
  time: number;
  clockOffset: number;
  /** No more faults: the world settles. */
  quiet: boolean;
  handEdited: boolean;
  stateRestored: boolean;
  process: number;
  reloads: number;
  mixedReads: number;
  order: readonly number[];
  /** Writes that are still on their way. */
  readonly inFlight: {
    readonly sink: number;
    readonly value: string;
    readonly version: number;
    readonly helper: boolean;
  }[];
  onRestoreState?: () => void;
  onSecondProcess?: () => Promise<void>;
  state?: () => RotationState;
}

export interface WorldWith extends World {
  readonly choices: Choices;
}

export function createWorld(shape: Shape, choices: Choices): WorldWith {
  return {
    shape,
    choices,
    issued: [],
    sinks: shape.sinks.map((kind) => ({ kind, value: "", version: 1 })),
    log: [],
    consumer: shape.sinks.map(() => ""),
    time: 1_000_000 * second,
    clockOffset: 0,
    quiet: false,
    handEdited: false,
    stateRestored: false,
    process: 0,
    reloads: 0,
    mixedReads: 0,
    order: shape.sinks.map((_, index) => index),
    inFlight: [],
  };
}

export function say(world: World, text: string): void {
  world.log.push(`t${(world.time / second) % 1_000_000} p${world.process} ${text}`);
}

export function violate(text: string): never {
  throw new Violation(text);
}

export function issue(world: World, attempt: string): Issued {
  const id = world.issued.length + 1;
  const issued = { id, value: `value-${id}`, expiresAt: world.time + life, attempt, revoked: false };
  world.issued.push(issued);
  return issued;
}

export function byValue(world: World, value: string): Issued | undefined {
  return world.issued.find((issued) => issued.value === value);
}

export function lives(world: World, issued: Issued): boolean {
  return !issued.revoked && issued.expiresAt > world.time;
}

/** A value arrives in a sink, whoever wrote it. */
export function setSink(world: World, index: number, value: string, why: string): void {
  const sink = world.sinks[index]!;
  const after = byValue(world, value);
  const before = byValue(world, sink.value);
  sink.value = value;
  sink.version++;
  say(world, `${why}: sink ${index} holds ${value}`);
  if (after?.revoked) violate("P1 a revoked credential is written to a sink");
  if (after && after.expiresAt <= world.time && before && lives(world, before))
    violate("P1 an expired credential replaces a live one");
}

/** A write that was on its way lands, unless its precondition fails. */
export function land(world: World, at: number): void {
  const [write] = world.inFlight.splice(at, 1);
  if (!write) return;
  const sink = world.sinks[write.sink]!;
  if (sink.version !== write.version) return say(world, `a late write to sink ${write.sink} is refused`);
  setSink(world, write.sink, write.value, "a late write lands");
}

export function consumerReads(world: World, why: string): void {
  world.consumer = world.sinks.map(({ value }) => value);
  say(world, `${why}: the consumer reads ${world.consumer.join(" ")}`);
  if (new Set(world.consumer).size > 1) world.mixedReads++;
}

/** Between any two acts: a crash, a pause, somebody else. */
export async function turn(world: WorldWith, label: string): Promise<void> {
  if (world.quiet) return;
  const { rich } = world.shape;
  const choice = world.choices.pick(rich ? 11 : 3, label);
  if (choice === 0) return;
  if (choice === 1) {
    say(world, `CRASH ${label}`);
    throw new Crash(label);
  }
  if (choice === 2) return consumerReads(world, "a restart by somebody else");
  if (choice === 3) return pause(world, 1 + (world.log.length % 9));
  if (choice === 4 && rich?.handEdits) return handEdit(world);
  if (choice === 5) return land(world, 0);
  if (choice === 6 && rich?.stateRollback) return world.onRestoreState?.();
  if (choice === 7 && rich?.clock) return stepClock(world);
  if (choice === 8 && rich?.twoProcesses) return world.onSecondProcess?.();
  if (choice === 9) return pause(world, 12);
  if (choice === 10 && rich?.specChange) {
    world.order = world.order.toReversed();
    say(world, "the spec names the sinks in another order");
  }
}

function pause(world: World, seconds: number): void {
  world.time += seconds * second;
  say(world, `${seconds} s pass`);
}

function handEdit(world: World): void {
  const index = world.log.length % world.sinks.length;
  world.handEdited = true;
  setSink(world, index, `by hand ${world.log.length}`, "somebody edits");
}

function stepClock(world: World): void {
  world.clockOffset = world.log.length % 2 === 0 ? 8 * second : -8 * second;
  say(world, `the wall clock is off by ${world.clockOffset / second} s`);
}

/** Does it go well? */
export function goesWell(world: WorldWith, label: string): boolean {
  if (world.quiet || world.choices.pick(2, label) === 0) return true;
  say(world, `${label} fails`);
  return false;
}
