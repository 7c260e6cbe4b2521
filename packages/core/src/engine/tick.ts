import type { RotationReport, RunReport } from "../report.ts";
import type { Rotation } from "../loading/model.ts";
import type { RotationState } from "../store/state.ts";
import { sharedReloads } from "../loading/shared-reloads.ts";
import type { ReloadGate } from "../rotation/reload-gate.ts";
import type { RotationDeps } from "../rotation/session.ts";
import { momentOf } from "../rotation/moment.ts";
import { nearlyDueAt } from "../rotation/turns.ts";
import { needsWorkIn, statesOf, untouchedReports, type At, type LookOptions } from "./quick-look.ts";
import { createSlots, type Slots } from "./slots.ts";
import type { TickOptions } from "./tick-options.ts";

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
  const all = await statesOf(rotations, deps);
  const states = new Map(rotations.map((rotation, at) => [rotation, all[at]!]));
  const working = await findWork(rotations, { ...deps, gate }, { ...options, states });
  const untouched = await untouchedReports(
    rotations.filter((rotation) => !working.has(rotation)),
    deps,
    { states, cadence: options.cadence },
  );
  const tickDeps = { ...deps, gate, tick: deps.tick ?? {} };
  const until = deps.runtime.monotonic() + Math.min(options.retryFor, options.limit ?? Infinity);
  for (const { name, reloads } of working.keys())
    gate.expect(
      name,
      reloads.flatMap((reload) => (reload.name === undefined ? [] : [reload.name])),
    );
  async function one(rotation: Rotation): Promise<RotationReport> {
    const pulledForward = working.get(rotation);
    if (pulledForward === undefined) return untouched.get(rotation)!;
    const job = { rotation, deps: tickDeps, until, slots, pulledForward };
    const { rotateUntil } = await import("./work.ts");
    return slots.run(() => rotateUntil(job, options));
  }
  const begun = [...untouched.keys(), ...(await inTurn([...working.keys()], { deps, states }))];
  const reports = new Map<Rotation, RotationReport>();
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

/** In the order in which they are begun. */
async function inTurn(
  working: readonly Rotation[],
  known: { readonly deps: RotationDeps; readonly states: ReadonlyMap<Rotation, RotationState> },
): Promise<readonly Rotation[]> {
  return working.length < 2 ? working : (await import("./work.ts")).urgentFirst(working, known);
}

/** What is due or owed, and what shares a reload with it and nearly is: that is pulled forward. */
async function findWork(
  rotations: readonly Rotation[],
  deps: RotationDeps,
  { states, ...options }: LookOptions & { readonly states: ReadonlyMap<Rotation, RotationState> },
): Promise<ReadonlyMap<Rotation, boolean>> {
  const due = await Promise.all(
    rotations.map((rotation) => needsWorkIn({ rotation, deps }, states.get(rotation)!, options)),
  );
  const working = new Map(rotations.filter((_, index) => due[index]).map((rotation) => [rotation, false]));
  const shared = new Set([...working.keys()].flatMap(sharedReloads));
  for (const rotation of rotations) {
    const shares = sharedReloads(rotation).some((name) => shared.has(name));
    if (shares && !working.has(rotation) && nearlyDue({ rotation, deps }, states.get(rotation)!))
      working.set(rotation, true);
  }
  return working;
}

function nearlyDue(at: At, state: RotationState): boolean {
  const moment = momentOf(at, state);
  return nearlyDueAt(moment) <= moment.now;
}

/** While a rotation waits for others at a shared reload, its slot serves another. */
function pausingGate(gate: ReloadGate, slots: Slots): ReloadGate {
  return { ...gate, arrive: (reload, rotation, arrival) => slots.pause(() => gate.arrive(reload, rotation, arrival)) };
}
