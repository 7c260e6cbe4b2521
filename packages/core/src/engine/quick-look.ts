import type { RotationReport } from "../report.ts";
import type { Rotation, SinkEntry } from "../loading/model.ts";
import { liveLeases, type RotationState } from "../store/state.ts";
import { decide } from "../rotation/decide.ts";
import { isUnattended, momentOf, type Asked, type Moment } from "../rotation/moment.ts";
import { differs, look } from "../rotation/observe.ts";
import { reasonOf } from "../rotation/reason.ts";
import { revocableAt } from "../rotation/retire.ts";
import type { RotationDeps } from "../rotation/session.ts";
import { standing, type Facts, type Standing } from "../rotation/standing.ts";
import { proofAt } from "../rotation/unproved.ts";
import { idleReport } from "../rotation/visit-report.ts";

/** What counts as work, and whether the sinks are asked. */
export interface LookOptions extends Asked {
  /** Look at the sinks as well. A daemon does so less often than it looks at the clock. */
  readonly observe?: boolean;
  /** What has to wait is no work yet: a daemon comes back by itself. */
  readonly patient?: boolean;
}

/** A rotation and what it works with. */
export interface At {
  readonly rotation: Rotation;
  readonly deps: RotationDeps;
}

/** Rotation time outside a session, ms. */
export function timeOf({ clock }: Pick<RotationDeps, "clock">, state: RotationState): number {
  clock.observe(state.clock);
  return clock.now();
}

/** So many states are held at once. */
const chunk = 500;

/** The same of many, by and by: what is made of them is kept, and their states are not. */
export async function presentEach<T>(
  rotations: readonly Rotation[],
  { deps, ...asked }: Asked & { readonly deps: RotationDeps },
  make: (present: Present) => T | Promise<T>,
): Promise<readonly T[]> {
  const made: T[] = [];
  for (let from = 0; from < rotations.length; from += chunk) {
    const presents = await presentAll(rotations.slice(from, from + chunk), deps, asked);
    made.push(...(await Promise.all(presents.map(make))));
  }
  return made;
}

/** A rotation as it stands. */
export interface Present {
  readonly moment: Facts;
  readonly standing: Standing;
}

/** The rotation as it stands, from its state alone. */
export async function presentOf({ rotation, deps }: At, asked: Asked = {}): Promise<Present> {
  const [present] = await presentAll([rotation], deps, asked);
  return present!;
}

/** The states of these, in their order. */
export function statesOf(rotations: readonly Rotation[], { store }: RotationDeps): Promise<readonly RotationState[]> {
  return store.loadAll(rotations.map(({ name }) => name));
}

/** The same of several, by states that are known or by those there are. Unfinished work that somebody is at is told apart from what a process left behind. */
export async function presentAll(
  rotations: readonly Rotation[],
  deps: RotationDeps,
  { known, ...asked }: Asked & { readonly known?: readonly RotationState[] } = {},
): Promise<readonly Present[]> {
  const states = known ?? (await statesOf(rotations, deps));
  const open = new Set(states.filter(isUnfinished).map(({ name }) => name));
  const claimed = open.size === 0 ? open : await deps.claims.busy([...open]);
  function present(rotation: Rotation, before: RotationState, state = before): Present {
    const busy = claimed.has(rotation.name) || state.seq !== before.seq;
    const bare = momentOf({ rotation, deps }, state, asked);
    const retirable = retirementDue({ rotation, deps }, state, bare.now);
    const moment = { ...bare, busy, retirable };
    return { moment, standing: standing(moment) };
  }
  const presents: Present[] = [];
  for (const [index, rotation] of rotations.entries()) {
    const { name } = rotation;
    // Whoever finished, or began, between the two questions is at work.
    const again = open.has(name) && !claimed.has(name) ? await deps.store.load(name) : undefined;
    presents.push(present(rotation, states[index]!, again));
  }
  return presents;
}

function isUnfinished({ attempt, owed }: RotationState): boolean {
  return attempt !== undefined || owed !== undefined;
}

/** Is there anything to do that needs the lock? Reads the state and the sinks, changes nothing. */
export async function needsWork(at: At, options: LookOptions): Promise<boolean> {
  const state = await at.deps.store.load(at.rotation.name);
  if (isLeftAlone(at, state, options)) return false;
  return hasWork(at, state, options) || (options.observe !== false && observationDiffers(at, state));
}

/** The same of one that was looked at. */
export async function needsWorkNow(deps: RotationDeps, present: Present, options: LookOptions): Promise<boolean> {
  const { rotation, state } = present.moment;
  if (isLeftAlone({ rotation, deps }, state, options)) return false;
  return hasWorkNow(present, options) || (options.observe !== false && observationDiffers({ rotation, deps }, state));
}

/** Nobody may touch it, whatever it holds. */
export function isLeftAlone(
  { rotation, deps }: At,
  { ejectedAt, away }: RotationState,
  { force = false, wanted }: Asked = {},
): boolean {
  if (away !== undefined) return true;
  if (wanted === undefined && isUnattended({ rotation, deps })) return true;
  return deps.heldBack?.(rotation) !== undefined || (ejectedAt !== undefined && !force);
}

/** Is there anything to do, by the state alone? */
export function hasWork(at: At, state: RotationState, options: LookOptions): boolean {
  if (isBegun(state, options)) return true;
  const moment = momentOf(at, state, { cadence: options.cadence });
  return isWork({ ...moment, retirable: retirementDue(at, state, moment.now) }, options);
}

/** The same of one that was looked at. */
export function hasWorkNow({ moment }: Present, options: LookOptions): boolean {
  return isBegun(moment.state, options) || isWork(moment, options);
}

function isBegun({ attempt, seq }: RotationState, { force = false }: LookOptions): boolean {
  return force || attempt !== undefined || seq === 0;
}

function isWork(moment: Facts, options: LookOptions): boolean {
  return isDue(moment, options) || moment.retirable === true || sinksChanged(moment.rotation, moment.state);
}

function isDue(moment: Moment, { patient = false }: LookOptions): boolean {
  if (decide(moment).action !== "none" || proofAt(moment) <= moment.now) return true;
  return !patient && (reasonOf(moment) !== undefined || moment.state.owed !== undefined);
}

/** A lease that may be revoked now, asked for, or forgotten. */
export function retirementDue(at: At, state: RotationState, now: number): boolean {
  return retirementAt(at, state) <= now;
}

/** When the first of its leases may be revoked, asked for, or forgotten; rotation time, ms. */
export function retirementAt({ rotation, deps }: At, state: RotationState): number {
  const instants = liveLeases(state).map((lease) => {
    if (lease.phase !== "ghost") return revocableAt({ rotation, deps, state: () => state }, lease);
    return rotation.provider.part.find !== undefined ? -Infinity : (lease.expiresAt ?? Infinity) + 60_001;
  });
  return Math.min(...instants, Infinity);
}

function sinksChanged(rotation: Rotation, state: RotationState): boolean {
  return rotation.sinks.some(({ id }) => state.sinks[id] === undefined || state.sinks[id].abandoned === true);
}

/** Does a sink hold something else than the state says? What cannot be read may. */
export async function observationDiffers({ rotation, deps }: At, state: RotationState): Promise<boolean> {
  const differ = await Promise.all(rotation.sinks.map((sink) => sinkDiffers({ rotation, deps }, sink, state)));
  return differ.includes(true);
}

/** One that stands there as it did when it held what the state says is not read again. */
async function sinkDiffers({ rotation, deps }: At, sink: SinkEntry, state: RotationState): Promise<boolean> {
  const { part, id, options } = sink;
  const stamp = part.stamp?.(options);
  const [holding, ...others] = state.sinks[id]?.may ?? [];
  const known = deps.stamps?.get(sink);
  if (stamp !== undefined && known?.stamp === stamp && known.holding === holding && others.length === 0) return false;
  const seen = await look({ rotation, deps, state: () => state, onlyCompares: true }, sink);
  if (!("holding" in seen)) return part.read !== undefined;
  const isSame = !differs(state, { [id]: seen }, deps.clock.note());
  if (isSame && stamp !== undefined && seen.holding in state.leases)
    deps.stamps?.set(sink, { stamp, holding: seen.holding });
  return !isSame;
}

/** Does each sink stand as it did when it last held what the state said? What tells no stamp may not. */
export function standAsSeen({ sinks }: Rotation, { stamps }: Pick<RotationDeps, "stamps">): boolean {
  return sinks.every((sink) => {
    const stamp = sink.part.stamp?.(sink.options);
    return stamp !== undefined && stamps?.get(sink)?.stamp === stamp;
  });
}

/** The report of a rotation for which nothing was to be done, or (`locked`) which another process is at work on. */
export async function untouchedReport(
  at: At,
  { locked = false, ...asked }: Asked & { readonly locked?: boolean } = {},
): Promise<RotationReport> {
  return idleReport(await presentOf(at, asked), at.deps.clock, locked);
}
