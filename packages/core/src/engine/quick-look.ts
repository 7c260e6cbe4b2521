import type { RotationReport } from "../report.ts";
import { rotationClock } from "../schedule/clock.ts";
import type { Rotation } from "../loading/model.ts";
import { liveLeases, type RotationState } from "../store/state.ts";
import { decide, nextLook } from "../rotation/decide.ts";
import { credentialReport, instantAt } from "../rotation/describe.ts";
import { differs, look } from "../rotation/observe.ts";
import { revocableAt } from "../rotation/retire.ts";
import type { RotationDeps } from "../rotation/session.ts";

export interface LookOptions {
  readonly force: boolean;
  readonly cadence: number | undefined;
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
export function timeOf(deps: RotationDeps, state: RotationState): number {
  return rotationClock({ now: deps.runtime.now, uptime: deps.host.uptime, bootId: deps.host.bootId }, state.clock)();
}

/** Is there anything to do that needs the lock? Reads the state and the sinks, changes nothing. */
export async function needsWork({ rotation, deps }: At, options: LookOptions): Promise<boolean> {
  const state = await deps.store.load(rotation.name);
  if (options.force || state.attempt !== undefined || state.seq === 0) return true;
  const now = timeOf(deps, state);
  const decision = decide(rotation, state, { force: false, cadence: options.cadence, now, nextCron: deps.nextCron });
  const due = decision.action === "wait" ? options.patient !== true : decision.action !== "none";
  if (due || retirementDue({ rotation, deps }, state, now) || sinksChanged(rotation, state)) return true;
  return options.observe !== false && observationDiffers({ rotation, deps }, state);
}

/** A lease that may be revoked now, asked for, or forgotten. */
export function retirementDue({ rotation, deps }: At, state: RotationState, now: number): boolean {
  return liveLeases(state).some((lease) => {
    if (lease.phase === "ghost")
      return rotation.provider.part.find !== undefined || (lease.expiresAt ?? Infinity) + 60_000 < now;
    return revocableAt({ rotation, deps, state: () => state }, lease) <= now;
  });
}

function sinksChanged(rotation: Rotation, state: RotationState): boolean {
  return rotation.sinks.some(({ id }) => state.sinks[id] === undefined || state.sinks[id].abandoned === true);
}

async function observationDiffers({ rotation, deps }: At, state: RotationState): Promise<boolean> {
  const looks = await Promise.all(
    rotation.sinks.map(async (sink) => ({
      id: sink.id,
      canRead: sink.part.read !== undefined,
      seen: await look({ rotation, deps, state: () => state }, sink),
    })),
  );
  return looks.some(({ id, canRead, seen }) => ("holding" in seen ? differs(state, { [id]: seen.holding }) : canRead));
}

/** The report of a rotation for which nothing was to be done. */
export async function freshReport({ rotation, deps }: At): Promise<RotationReport> {
  const state = await deps.store.load(rotation.name);
  const lease = state.leases[state.settled ?? ""];
  return {
    name: rotation.name,
    outcome: "fresh",
    reason: "nothing is due",
    ...(lease && { credential: credentialReport(lease) }),
    ...instantAt("nextAt", nextLook(rotation, state, deps.nextCron)),
    phases: [],
    sinks: rotation.sinks.map(({ type, target }) => ({ type, target, result: "not-run" })),
  };
}
