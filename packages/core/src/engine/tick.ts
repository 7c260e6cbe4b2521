import type { RotationReport, RunReport } from "../report.ts";
import type { Rotation } from "../loading/model.ts";
import { sharedReloads } from "../loading/shared-reloads.ts";
import type { ReloadGate } from "../rotation/reload-gate.ts";
import type { RotationDeps } from "../rotation/session.ts";
import type { Moment } from "../rotation/moment.ts";
import { nearlyDueAt } from "../rotation/turns.ts";
import { idleReport } from "../rotation/visit-report.ts";
import { needsWorkNow, presentEach, type Present } from "./quick-look.ts";
import { createSlots, type Slots } from "./slots.ts";
import type { Resting, TickOptions } from "./tick-options.ts";

/** One tick: what is owed is finished, what is due is rotated; reloads that several rotations share run once, after the last of them. */
export async function tick(
  rotations: readonly Rotation[],
  given: RotationDeps,
  options: TickOptions,
): Promise<Pick<RunReport, "version" | "rotations">> {
  if (options.limit === undefined) return tickAll(rotations, given, options);
  const whole = given.runtime.deadline(options.limit, options.signal);
  try {
    return await tickAll(rotations, boundedBy(options.limit, given), { ...options, signal: whole.signal });
  } finally {
    whole.clear();
  }
}

/** What a call still gets when the time is over: a write that has begun is finished or undone. ms */
const lastChance = 2_000;

/** No call gets more time than is left of the whole. */
function boundedBy(limit: number, deps: RotationDeps): RotationDeps {
  const { runtime } = deps;
  const until = runtime.monotonic() + limit;
  function deadline(milliseconds: number, signal?: AbortSignal): ReturnType<typeof runtime.deadline> {
    const left = Math.max(until - runtime.monotonic(), lastChance);
    return runtime.deadline(Math.min(milliseconds, left), signal);
  }
  return { ...deps, runtime: { ...runtime, deadline } };
}

async function tickAll(
  rotations: readonly Rotation[],
  deps: RotationDeps,
  options: TickOptions,
): Promise<Pick<RunReport, "version" | "rotations">> {
  const slots = createSlots(options.concurrency);
  const gate = pausingGate(deps.gate, slots);
  const { working, untouched } = await lookAtAll(rotations, { ...deps, gate }, options);
  const tickDeps = { ...deps, gate, tick: deps.tick ?? {} };
  const until = deps.runtime.monotonic() + Math.min(options.retryFor, options.limit ?? Infinity);
  for (const { name, reloads } of working.keys())
    gate.expect(
      name,
      reloads.flatMap((reload) => (reload.name === undefined ? [] : [reload.name])),
    );
  async function one(rotation: Rotation): Promise<RotationReport> {
    const { pulledForward } = working.get(rotation)!;
    const job = { rotation, deps: tickDeps, until, slots, pulledForward };
    const { rotateUntil } = await loadWork();
    return slots.run(() => rotateUntil(job, options));
  }
  for (const [rotation, report] of untouched) options.onDone?.(rotation, report);
  const reports = new Map(untouched);
  const begun = await inTurn(
    rotations.flatMap((rotation) => working.get(rotation)?.moment ?? []),
    deps,
  );
  const ends = await Promise.allSettled(
    begun.map(async (rotation) => {
      const report = await one(rotation);
      options.onDone?.(rotation, report);
      reports.set(rotation, report);
    }),
  );
  ends.forEach((end, at) => {
    if (end.status !== "rejected") return;
    if (!options.onFailed) throw end.reason;
    options.onFailed(begun[at]!, end.reason);
  });
  return { version: 1, rotations: rotations.flatMap((rotation) => reports.get(rotation) ?? []) };
}

/** One that is worked on. */
interface Work {
  readonly moment: Moment;
  readonly pulledForward: boolean;
}

/** In the order in which they are begun. */
async function inTurn(
  moments: readonly Moment[],
  { clock }: Pick<RotationDeps, "clock">,
): Promise<readonly Rotation[]> {
  if (moments.length < 2) return moments.map(({ rotation }) => rotation);
  return (await loadWork()).urgentFirst(moments, clock.now());
}

let work: typeof import("./work.ts") | undefined;

/** Kept: each question to the loader costs as much as a look at a rotation. */
async function loadWork(): Promise<typeof import("./work.ts")> {
  work ??= await import("./work.ts");
  return work;
}

/** What is due or owed, what shares a reload with it and nearly is (that is pulled forward), and the reports of all others. */
async function lookAtAll(
  rotations: readonly Rotation[],
  deps: RotationDeps,
  options: TickOptions,
): Promise<{
  readonly working: ReadonlyMap<Rotation, Work>;
  readonly untouched: ReadonlyMap<Rotation, RotationReport>;
}> {
  const { cadence } = options;
  const working = new Map<Rotation, Work>();
  const untouched = new Map<Rotation, RotationReport>();
  const sharing: Present[] = [];
  const { resting = new Map<Rotation, Resting>() } = options;
  const others = rotations.filter((rotation) => !resting.has(rotation));
  function leave(present: Present): void {
    const report = idleReport(present, deps.clock, false);
    untouched.set(present.moment.rotation, report);
    options.onLook?.(present, report);
  }
  await presentEach(others, { deps, cadence }, async (present) => {
    const { moment } = present;
    if (await needsWorkNow(deps, present, options)) working.set(moment.rotation, { moment, pulledForward: false });
    else if (sharedReloads(moment.rotation).length > 0) sharing.push(present);
    else leave(present);
  });
  const shared = new Set([...working.keys()].flatMap(sharedReloads));
  const shares = (rotation: Rotation): boolean => sharedReloads(rotation).some((name) => shared.has(name));
  const woken: Rotation[] = [];
  for (const [rotation, { nearly, report }] of resting)
    if (shared.size > 0 && shares(rotation) && nearly <= deps.clock.now()) woken.push(rotation);
    else untouched.set(rotation, report());
  await presentEach(woken, { deps, cadence }, (present) => void sharing.push(present));
  for (const present of sharing) {
    const { moment } = present;
    if (shares(moment.rotation) && nearlyDueAt(moment) <= moment.now)
      working.set(moment.rotation, { moment, pulledForward: true });
    else leave(present);
  }
  return { working, untouched };
}

/** While a rotation waits for others at a shared reload, its slot serves another. */
function pausingGate(gate: ReloadGate, slots: Slots): ReloadGate {
  return { ...gate, arrive: (reload, rotation, arrival) => slots.pause(() => gate.arrive(reload, rotation, arrival)) };
}
