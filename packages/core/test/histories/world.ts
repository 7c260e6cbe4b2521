/** The world a rotation lives in, with everything that can go wrong: an issuer, sinks, consumers, clocks, and processes that die. */
import type { Choices } from "./choices.ts";

/** ms */
export const second = 1_000;
/** Of every credential, ms. */
export const life = 40 * second;

/**
 * remote: answers get lost, writes arrive late, reads fail, can be fenced. blind: cannot be read or undone. Both refuse a late write when another came before it; late and
 * late-blind take whatever comes, up to `lateWrites` after it was sent.
 */
export type SinkKind = "file" | "remote" | "blind" | "late" | "late-blind";

/** What somebody else puts there is seen. */
export function isReadable(kind: SinkKind): boolean {
  return kind !== "blind" && kind !== "late-blind";
}

/** Of late sinks, ms. */
export const lateWrites = 9 * second;
/** A process that was stopped in the midst of a write goes on before so long, ms: within the life of what it writes. */
export const longestStop = 12 * second;

export interface Shape {
  readonly sinks: readonly SinkKind[];
  /** handle: in any process; value: only by the process that minted; none: the issuer cannot. */
  readonly revoke: "handle" | "value" | "none";
  readonly find: boolean;
  readonly rollback: boolean;
  /** False: a mint kills the credential before it. */
  readonly overlap: boolean;
  /** How many consumers, each with a reload of its own. */
  readonly consumers: number;
  readonly renew?: boolean;
  readonly repair?: boolean;
  readonly policy?: "adopted" | "always";
  readonly rich: Rich;
}

/** Trouble beyond crashes, refusals, lost answers and restarts by somebody else. */
export interface Rich {
  readonly pauses?: boolean;
  readonly clock?: boolean;
  readonly twoProcesses?: boolean;
  readonly stateRollback?: boolean;
  readonly stateLost?: boolean;
  readonly handEdits?: boolean;
  readonly specChange?: boolean;
  readonly blackouts?: boolean;
  /** The machine loses power, and with it all that was written since the last sync. */
  readonly power?: boolean;
  /** Whatever may say no may also not answer in time. */
  readonly timeouts?: boolean;
  /** Somebody revokes by hand what is in use. */
  readonly byHand?: boolean;
  /** Several machines over one database: it may be away, and whoever lost a claim may only stand still. */
  readonly fleet?: boolean;
}

/** The end of a process. Everything it tries afterwards ends the same way. */
export class Crash extends Error {}
/** A promise is broken. */
export class Violation extends Error {}

export interface Issued {
  readonly id: number;
  readonly value: string;
  readonly attempt: string;
  expiresAt: number;
  renewals: number;
  revoked: boolean;
  /** Somebody did, though it may be in use: what was on its way then may still land, and is put right. */
  isByHand: boolean;
}

export interface WorldSink {
  readonly kind: SinkKind;
  value: string;
  version: number;
  /** What a file held before a write that is not durable yet, and when that was made; undefined: a power failure takes nothing. */
  unsynced?: { readonly value: string; readonly at: number } | undefined;
}

/** A write that is still on its way. */
export interface LateWrite {
  readonly sink: number;
  readonly value: string;
  /** What it is refused without; undefined: it is taken whatever stands there. */
  readonly version: number | undefined;
  /** Later it does not come. */
  readonly until: number;
}

export interface World {
  readonly shape: Shape;
  readonly choices: Choices;
  readonly issued: Issued[];
  readonly sinks: readonly WorldSink[];
  readonly log: string[];
  /** What each consumer read at its last start, from every sink. */
  readonly consumers: (readonly string[])[];
  readonly late: LateWrite[];
  /** Every value that ever stood in a sink. */
  readonly published: Set<string>;
  /** Violations seen inside plugin calls, where they would be taken for the plugin's faults. */
  readonly violations: Violation[];
  /** What processes minted, by process: gone with it. */
  memory: Map<string, unknown>;
  time: number;
  clockOffset: number;
  boot: { readonly id: number; readonly at: number };
  /** Until when no remote sink answers a read. */
  blackoutUntil: number;
  /** Until when the database of a fleet does not answer. */
  databaseAwayUntil: number;
  /** No more faults: the world settles. */
  quiet: boolean;
  handEdited: boolean;
  stateRestored: boolean;
  /** The running process revokes because a person says so, whatever holds it. */
  byHand: boolean;
  process: number;
  /** The records that the running process is about to journal. */
  journaling: readonly string[];
  /** Has the running process come to its reloads? Before it, health is read as a baseline. */
  reloading: boolean;
  crashes: number;
  reloads: number;
  mixedReads: number;
  mostLive: number;
  /** The sinks that the spec of the running process names, in its order. */
  order: readonly number[];
  /** The spec as it stands in its file. */
  edited: { readonly order: readonly number[]; readonly version: number };
  onState?: (what: "restore" | "lose") => void;
  /** The state goes back to what was synced. */
  onPowerFailure?: () => void;
  onSecondProcess?: () => Promise<void>;
}

export function createWorld(shape: Shape, choices: Choices): World {
  return {
    shape,
    choices,
    issued: [],
    sinks: shape.sinks.map((kind) => ({ kind, value: "", version: 1 })),
    log: [],
    consumers: Array.from({ length: shape.consumers }, () => []),
    late: [],
    published: new Set(),
    violations: [],
    memory: new Map(),
    time: 1_000_000 * second,
    clockOffset: 0,
    boot: { id: 1, at: 0 },
    blackoutUntil: 0,
    databaseAwayUntil: 0,
    quiet: false,
    handEdited: false,
    stateRestored: false,
    byHand: false,
    process: 0,
    journaling: [],
    reloading: false,
    crashes: 0,
    reloads: 0,
    mixedReads: 0,
    mostLive: 0,
    order: shape.sinks.map((_, index) => index),
    edited: { order: shape.sinks.map((_, index) => index), version: 1 },
  };
}

export function say(world: World, text: string): void {
  world.log.push(`t${(world.time / second) % 1_000_000} p${world.process} ${text}`);
}

/** The running process ends here. */
export function die(world: World, how: string): never {
  world.crashes++;
  say(world, `CRASH ${how}`);
  throw new Crash(how);
}

export function violate(text: string): never {
  throw new Violation(text);
}

/** The fault that happens here, if any; told in the log by who asked. */
export function fault(world: World, label: string, faults: readonly string[]): string | undefined {
  return world.quiet ? undefined : world.choices.pick(label, faults);
}

export function issue(world: World, attempt: string): Issued {
  const id = world.issued.length + 1;
  const issued = {
    id,
    value: `value-${id}`,
    attempt,
    expiresAt: world.time + life,
    renewals: 0,
    revoked: false,
    isByHand: false,
  };
  world.issued.push(issued);
  world.mostLive = Math.max(world.mostLive, world.issued.filter((one) => lives(world, one)).length);
  return issued;
}

export function byValue(world: World, value: string): Issued | undefined {
  return world.issued.find((issued) => issued.value === value);
}

export function lives(world: World, issued: Issued): boolean {
  return !issued.revoked && issued.expiresAt > world.time;
}

/** The values in the sinks that the spec names. */
export function sinkValues(world: World): readonly string[] {
  return world.order.map((index) => world.sinks[index]!.value);
}

export function isMixed(values: readonly string[]): boolean {
  return new Set(values).size > 1;
}

/** A value arrives in a sink, whoever wrote it. */
export function setSink(
  world: World,
  index: number,
  { value, why, isLate = false }: { readonly value: string; readonly why: string; readonly isLate?: boolean },
): void {
  const sink = world.sinks[index]!;
  const after = byValue(world, value);
  const before = byValue(world, sink.value);
  sink.value = value;
  sink.version++;
  world.published.add(value);
  say(world, `${why}: sink ${index} holds ${value}`);
  if (isLate && after?.isByHand) return;
  if (after?.revoked && world.shape.overlap) violate("P1 a revoked credential is written to a sink");
  if (after && !lives(world, after) && before && lives(world, before))
    violate("P1 a dead credential replaces a live one");
}

/** A system writes by itself what nobody synced, long before the grace of a revocation is over. ms */
const writeBack = 2 * second;

/** The files whose last write was not synced hold again what they held before it. */
export function fallBack(world: World): void {
  for (const [index, sink] of world.sinks.entries()) {
    const { unsynced } = sink;
    if (unsynced === undefined || world.time - unsynced.at > writeBack) continue;
    sink.value = unsynced.value;
    sink.version++;
    say(world, `sink ${index} holds ${unsynced.value || "nothing"} again`);
  }
}

/** Nothing is left that a power failure could take. */
export function writeBackAll({ sinks }: World): void {
  for (const sink of sinks) sink.unsynced = undefined;
}

/** The oldest write that was on its way lands, unless its precondition fails. */
export function land(world: World): void {
  const write = world.late.shift();
  if (!write) return;
  const sink = world.sinks[write.sink]!;
  if (world.time > write.until) return say(world, `a late write to sink ${write.sink} never comes`);
  if (write.version !== undefined && sink.version !== write.version)
    return say(world, `a late write to sink ${write.sink} is refused`);
  setSink(world, write.sink, { value: write.value, why: "a late write lands", isLate: true });
}

export function consumerReads(world: World, which: number, why: string): void {
  const values = sinkValues(world);
  world.consumers[which] = values;
  say(world, `${why}: consumer ${which} reads ${values.join(" ")}`);
  if (isMixed(values)) world.mixedReads++;
}
