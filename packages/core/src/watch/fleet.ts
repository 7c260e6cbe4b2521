/** The work of one of several daemons on the rotations that they share: each takes what is due, one of them at a time. */
import { sleepOrWake } from "@rotate/runtime";
import { tellStandings } from "../engine/tell.ts";
import { tick } from "../engine/tick.ts";
import type { TickOptions } from "../engine/tick-options.ts";
import { presentOf, retirementAt, type Present } from "../engine/quick-look.ts";
import { isForOthers } from "../engine/fleet-status.ts";
import { withHeldBack } from "../engine/held-back.ts";
import type { Claim, Claims, Settlement } from "../backend/claim.ts";
import type { Rotation } from "../loading/model.ts";
import { momentOf, type Moment } from "../rotation/moment.ts";
import type { RotationDeps } from "../rotation/session.ts";
import { turnAt } from "../rotation/turns.ts";
import { standingReport } from "../rotation/visit-report.ts";
import { telling } from "./alarms.ts";
import { refuseUnable } from "./can-serve.ts";
import type { Rounds, RoundsOptions } from "./rounds.ts";

/** Nothing is believed for longer without a visit: a sink may have been changed by hand. ms */
const longestUnseen = 3_600_000;
/** Between two visits that helped, and after one that could not. ms */
const pauses = { helped: 250, idle: 5_000 };
/** How often it is asked what a list holds back. ms */
const holdEvery = 5 * 60_000;
/** How often it is looked whether all references lead somewhere. ms */
const ableEvery = 60_000;

type FleetOptions = Omit<RoundsOptions, "isWhole">;

/** Takes what is due from the first look on, until it is drained. */
export function createFleetRounds(options: FleetOptions): Rounds {
  const { parts, rotations, troubles, concurrency, done } = options;
  const byName = new Map(rotations.map((rotation) => [rotation.name, rotation]));
  const { runtime } = parts.deps;
  const draining = new AbortController();
  const signal = AbortSignal.any([options.signal, draining.signal]);
  const ticks = new Set<Promise<void>>();
  let atWork = 0;
  let place = Promise.withResolvers<void>();
  let serving: Promise<void> | undefined;
  let deps = telling(parts.deps);
  let heldAt = -Infinity;
  let ableAt = -Infinity;

  /** A machine that lacks what its work needs leaves it to others. */
  async function checkAble(): Promise<void> {
    if (runtime.monotonic() - ableAt < ableEvery) return;
    const own = rotations.filter((rotation) => !isForOthers(rotation, parts.deps.peers));
    await refuseUnable(own, runtime);
    ableAt = runtime.monotonic();
  }

  async function holdBack(): Promise<void> {
    if (runtime.monotonic() - heldAt < holdEvery) return;
    heldAt = runtime.monotonic();
    deps = telling(await withHeldBack(parts));
  }

  /** Whatever keeps it from the database is told once, and tried again. */
  async function serve(): Promise<void> {
    while (!signal.aborted) {
      try {
        if (atWork >= concurrency) await Promise.race([place.promise, aborted(signal)]);
        await holdBack();
        await checkAble();
        const claims = signal.aborted ? [] : await parts.deps.claims.due(concurrency - atWork, signal);
        troubles.over("fleet");
        if (claims.length > 0) begin(claims);
      } catch (error) {
        troubles.raise("fleet", error);
        await sleepOrWake(runtime, troubles.pauseOf("fleet"), signal);
      }
    }
  }

  function begin(claims: readonly Claim[]): void {
    atWork += claims.length;
    const worked = visit(claims, { ...options, deps, byName, leave }).finally(() => {
      ticks.delete(worked);
      done();
    });
    ticks.add(worked);
  }

  function leave(): void {
    atWork--;
    place.resolve();
    place = Promise.withResolvers();
  }

  return {
    async startDue() {
      serving ??= serve();
    },
    untilNext: () => Infinity,
    reconsider: () => undefined,
    visited: () => undefined,
    isWorking: () => ticks.size > 0,
    async drain() {
      draining.abort();
      await serving;
      await Promise.all(ticks);
    },
  };
}

interface Visiting extends FleetOptions {
  readonly deps: RotationDeps;
  readonly byName: ReadonlyMap<string, Rotation>;
  /** One is not at work any more. */
  readonly leave: () => void;
}

/** Does what is to be done under claims that were taken, and gives back those that nothing was to be done for. Never throws. */
async function visit(claims: readonly Claim[], visiting: Visiting): Promise<void> {
  const { byName, deps, troubles, warnings, concurrency, signal, leave } = visiting;
  const taken = new Map(claims.map((claim) => [claim.rotation, claimFor(claim, byName.get(claim.rotation), deps)]));
  const left = new Set(taken.keys());
  const ends: Promise<void>[] = [];
  async function end(name: string): Promise<void> {
    if (!left.delete(name)) return;
    const claim = taken.get(name);
    taken.delete(name);
    try {
      if (claim !== undefined) await giveBack(claim, byName.get(name), deps);
    } catch (error) {
      troubles.raise(name, error);
    }
    leave();
  }
  const how: TickOptions = {
    concurrency,
    signal,
    retryFor: 0,
    lockTimeout: 0,
    comesBack: true,
    onDone({ name }, report) {
      troubles.over(name);
      warnings.tell(report);
      ends.push(end(name));
    },
    onFailed({ name }, error) {
      troubles.raise(name, error);
      ends.push(end(name));
    },
  };
  const batch = claims.flatMap(({ rotation }) => byName.get(rotation) ?? []);
  try {
    await tick(batch, { ...deps, claims: handingOut(taken, deps.claims) }, how);
  } catch (error) {
    troubles.raise("fleet", error);
  }
  for (const { rotation } of claims) ends.push(end(rotation));
  await Promise.all(ends);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** A tick asks by name for what was taken for it already. */
function handingOut(taken: Map<string, Claim>, claims: Claims): Claims {
  return {
    ...claims,
    async byName(rotation, options) {
      const claim = taken.get(rotation);
      taken.delete(rotation);
      return claim ?? claims.byName(rotation, options);
    },
  };
}

/** Whoever has it next comes when it is due, or when time alone changes how it stands. */
function claimFor(claim: Claim, rotation: Rotation | undefined, deps: RotationDeps): Claim {
  if (rotation === undefined) return claim;
  async function settle(left: Settlement = {}): Promise<void> {
    const moment = momentOf({ rotation: rotation!, deps }, claim.state());
    const next = left.next ?? moment.now + pauses.idle;
    await claim.settle({ ...left, next: nextVisit(moment, { deps, next, pause: pauses.helped }) });
  }
  return { ...claim, settle };
}

/** What nothing was to be done about is told of, if it stands otherwise now. */
async function giveBack(claim: Claim, rotation: Rotation | undefined, deps: RotationDeps): Promise<void> {
  if (rotation === undefined) return claim.settle();
  const present: Present = await presentOf({ rotation, deps });
  const { moment, standing } = present;
  await claim.settle({ next: nextVisit(moment, { deps, next: standing.next, pause: pauses.idle }) });
  await tellStandings(deps, [{ name: rotation.name, standing: standingReport(standing, moment, deps.clock) }]);
}

function nextVisit(
  moment: Moment,
  { deps, next, pause }: { readonly deps: RotationDeps; readonly next: number; readonly pause: number },
): number {
  const { rotation, state, now } = moment;
  const retiring = retirementAt({ rotation, deps }, state);
  const soonest = Math.min(next, turnAt(moment), retiring > now ? retiring : Infinity, now + longestUnseen);
  return Math.max(soonest, now + pause);
}
