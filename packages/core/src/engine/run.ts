import { RotateError } from "@rotate/plugin-kit";
import type { EngineEvent } from "../events.ts";
import type { RotationReport, RunReport } from "../report.ts";
import type { Rotation } from "../loading/model.ts";
import { liveLeases, type RotationState } from "../store/state.ts";
import type { Lock } from "../store/store.ts";
import { decide, deadlineFor } from "../rotation/decide.ts";
import { failureOf } from "../rotation/errors.ts";
import { rotate } from "../rotation/rotate.ts";
import type { ReloadGate } from "../rotation/reload-gate.ts";
import type { RotationDeps } from "../rotation/session.ts";
import { refreshAt } from "../schedule/schedule.ts";
import { freshReport, needsWork, timeOf, type LookOptions } from "./quick-look.ts";
import { createSlots, type Slots } from "./slots.ts";

export interface TickOptions extends LookOptions {
  /** ms; failed attempts are retried within it, and the backoff of an earlier process is waited for. 0: one attempt each. */
  readonly timeout: number;
  /** The caller ticks again by itself, so a retry is announced whatever the timeout. */
  readonly comesBack?: boolean;
  readonly lockTimeout: number;
  readonly concurrency: number;
  readonly signal: AbortSignal;
  /** Each rotation as it ends, while others may still be at work. */
  readonly onDone?: (rotation: Rotation, report: RotationReport) => void;
}

/** One tick: what is owed is finished, what is due is rotated; reloads that several rotations share run once, after the last of them. */
export async function tick(
  rotations: readonly Rotation[],
  deps: RotationDeps,
  options: TickOptions,
): Promise<RunReport> {
  const slots = createSlots(options.concurrency);
  const gate = pausingGate(deps.gate, slots);
  const working = await findWork(rotations, { ...deps, gate }, options);
  const until = deps.runtime.monotonic() + options.timeout;
  for (const { name, reloads } of working.keys())
    gate.expect(
      name,
      reloads.flatMap((reload) => (reload.name === undefined ? [] : [reload.name])),
    );
  async function one(rotation: Rotation): Promise<RotationReport> {
    const pulledForward = working.get(rotation);
    if (pulledForward === undefined) return freshReport({ rotation, deps: { ...deps, gate } });
    const job = { rotation, deps: { ...deps, gate }, until, slots, pulledForward };
    return slots.run(() => rotateUntil(job, options));
  }
  const reports = await Promise.all(
    rotations.map(async (rotation) => {
      const report = await one(rotation);
      options.onDone?.(rotation, report);
      return report;
    }),
  );
  return { version: 1, rotations: reports };
}

/** What is due or owed, and what shares a reload with it and nearly is: that is pulled forward. */
async function findWork(
  rotations: readonly Rotation[],
  deps: RotationDeps,
  options: LookOptions,
): Promise<ReadonlyMap<Rotation, boolean>> {
  const due = await Promise.all(rotations.map((rotation) => needsWork({ rotation, deps }, options)));
  const working = new Map(rotations.filter((_, index) => due[index]).map((rotation) => [rotation, false]));
  const shared = new Set([...working.keys()].flatMap(({ reloads }) => reloads.flatMap(({ name }) => name ?? [])));
  for (const rotation of rotations) {
    const shares = rotation.reloads.some(({ name }) => name !== undefined && shared.has(name));
    if (shares && !working.has(rotation) && (await nearlyDue(rotation, deps))) working.set(rotation, true);
  }
  return working;
}

/** Within the last tenth of the time from mint to refresh: not worth a reload of its own a little later. A renewal needs no reload. */
async function nearlyDue(rotation: Rotation, deps: RotationDeps): Promise<boolean> {
  const state = await deps.store.load(rotation.name);
  const lease = state.leases[state.settled ?? ""];
  if (lease === undefined || lease.renewable) return false;
  const at = refreshAt(lease, rotation.refresh, deps.nextCron);
  return timeOf(deps, state) >= at - (at - lease.issuedAt) / 10;
}

/** While a rotation waits for others at a shared reload, its slot serves another. */
function pausingGate(gate: ReloadGate, slots: Slots): ReloadGate {
  return { ...gate, arrive: (reload, rotation, arrival) => slots.pause(() => gate.arrive(reload, rotation, arrival)) };
}

interface Job {
  readonly rotation: Rotation;
  readonly deps: RotationDeps;
  /** Monotonic ms. */
  readonly until: number;
  readonly slots: Slots;
  readonly pulledForward: boolean;
}

async function rotateUntil(job: Job, options: TickOptions): Promise<RotationReport> {
  const { rotation, deps, until, slots } = job;
  try {
    for (let { force } = options; ;) {
      const report = await rotateLocked(job, { ...options, force });
      // What was asked for is asked for again; once something is published only the rest is owed.
      force &&= report.outcome === "failed" || report.outcome === "expired";
      deps.onEvent({ type: "rotation-finished", rotation: rotation.name, report });
      const retry = await retryOf(job, report);
      if (retry === undefined || options.signal.aborted) return report;
      const wait = Math.max(0, retry.at - deps.runtime.now());
      const inTime = deps.runtime.monotonic() + wait <= until;
      if (inTime || options.comesBack === true) deps.onEvent(retry);
      if (!inTime) return report;
      deps.gate.leave(rotation.name);
      const stopped = await slots.pause(() =>
        deps.runtime.sleep(wait, options.signal).then(
          () => false,
          () => true,
        ),
      );
      if (stopped) return report;
    }
  } finally {
    deps.gate.leave(rotation.name);
  }
}

type Retry = Extract<EngineEvent, { type: "retry-scheduled" }>;

/** When the next attempt makes sense, after a failure now or in an earlier process; undefined when it does not in this run. */
async function retryOf(job: Job, report: RotationReport): Promise<Retry | undefined> {
  if (report.outcome !== "failed" && report.outcome !== "reload-owed" && report.outcome !== "expired") return undefined;
  const { rotation, deps } = job;
  const state = await deps.store.load(rotation.name);
  const at = report.phases.length === 0 ? waitingUntil(job, state) : retryAt(job, state);
  if (at === undefined) return undefined;
  const { code, message } = state.failure ?? cutOff;
  return { type: "retry-scheduled", rotation: rotation.name, at, error: { code, message, retryable: true } };
}

/** An earlier process ended in the middle of a reload: nothing says how that went. */
const cutOff = failureOf(new RotateError("the reload was cut off", { code: "UNAVAILABLE", retryable: true }), {
  phase: "reload",
}).report;

/** Nothing was tried: an earlier process failed, and its backoff is not over. */
function waitingUntil({ rotation, deps }: Job, state: RotationState): number | undefined {
  const { nextCron } = deps;
  const decision = decide(rotation, state, { now: timeOf(deps, state), force: false, cadence: undefined, nextCron });
  return decision.action === "wait" ? decision.until : undefined;
}

function retryAt({ rotation, deps }: Job, state: RotationState): number | undefined {
  if (state.failure?.retryable !== true) return undefined;
  const mint = decide(
    rotation,
    { ...state, failure: { ...state.failure, notBefore: 0 } },
    { now: timeOf(deps, state), force: false, cadence: undefined, nextCron: deps.nextCron },
  );
  return state.owed?.kind === "reload" && mint.action !== "mint" ? state.owed.notBefore : state.failure.notBefore;
}

async function rotateLocked({ rotation, deps, pulledForward }: Job, options: TickOptions): Promise<RotationReport> {
  const lock = await waitForLock({ rotation, deps }, options);
  if (!lock) return lockedReport(rotation, deps);
  try {
    return await rotate({ rotation, deps, lock }, { ...options, pulledForward });
  } finally {
    lock.release();
  }
}

async function waitForLock(
  { rotation, deps }: Pick<Job, "rotation" | "deps">,
  { lockTimeout, signal }: TickOptions,
): Promise<Lock | undefined> {
  const { runtime, store } = deps;
  const until = runtime.monotonic() + lockTimeout;
  for (let wait = 25; ; wait = Math.min(wait * 2, 500)) {
    const lock = await store.tryLock(rotation.name);
    if (lock || runtime.monotonic() + wait > until || signal.aborted) return lock;
    if (wait === 25) deps.onEvent({ type: "waiting-for-lock", rotation: rotation.name });
    await runtime.sleep(wait, signal).catch(() => undefined);
  }
}

/** Another process is at work. What is held decides whether that is bad. */
async function lockedReport(rotation: Rotation, deps: RotationDeps): Promise<RotationReport> {
  const state = await deps.store.load(rotation.name);
  const expired = liveLeases(state).length > 0 && deadlineFor(rotation, state) <= timeOf(deps, state);
  const report = await freshReport({ rotation, deps });
  return { ...report, outcome: expired ? "expired" : "locked", reason: "another process is at work on it" };
}
