/** How one rotation goes from one backend to another: at each moment one of them has it at most, and whatever cuts it off, the same again brings it to its end. */
import { randomUUID } from "node:crypto";
import type { Backend } from "../backend/backend.ts";
import { settling, type Claim, type Settlement } from "../backend/claim.ts";
import { without } from "../store/changes.ts";
import { liveLeases, type RotationState } from "../store/state.ts";

/** One end of a move. */
export type Place = Pick<Backend, "claims" | "store" | "clock" | "place">;

/** Where a rotation goes, and as what. */
export interface Way {
  readonly from: Place;
  readonly to: Place;
  /** What it is there. */
  readonly translate: (state: RotationState) => RotationState;
  /** An attempt that was cut off may go along: nobody but a process that is dead can have begun it. */
  readonly withAttempts: boolean;
  /** Whoever is at work is waited for so long, ms. */
  readonly wait: number;
}

/** What became of it. `there`: an earlier move had brought it; `nothing`: nothing is known of it here. */
export type Moved = "moved" | "there" | "nothing" | "locked" | "occupied" | "unfinished";

/** A claim that is held, and what is left by it. */
interface End {
  readonly claim: Claim;
  readonly leave: (left: Settlement) => void;
}

/** Moves it, or brings an earlier move of it to its end. Throws EngineError `ROTATE_STATE_*`. */
export async function moveOne(rotation: string, way: Way): Promise<Moved> {
  const { from, to, wait } = way;
  const source = await from.claims.byName(rotation, { wait, away: true });
  if (source === undefined) return "locked";
  const moved = await settling(source, async (claim, leave) => {
    const target = await to.claims.byName(rotation, { wait, away: true });
    if (target === undefined) return "locked";
    return settling(target, (other, leaveThere) => between({ claim, leave }, { claim: other, leave: leaveThere }, way));
  });
  // What is told twice until here is told by both.
  if (moved === "moved" || moved === "there") await from.store.dropPast(rotation);
  return moved;
}

async function between(source: End, target: End, way: Way): Promise<Moved> {
  const [here, there] = [source.claim.state(), target.claim.state()];
  if (here.away?.step === "left") return there.away === undefined && hasAnything(there) ? "there" : "nothing";
  if (here.away?.step === "arriving") return turnBack(source, target, way);
  const move = here.away?.id ?? randomUUID();
  if (here.away !== undefined && there.arrivals?.includes(move)) return finish(source, { ...way, move });
  if (!hasAnything(here)) return "nothing";
  if (here.attempt !== undefined && !way.withAttempts) return "unfinished";
  if (there.away === undefined && hasAnything(there)) return "occupied";
  await target.claim.append([{ type: "arriving", move, from: way.from.place }]);
  await source.claim.append([{ type: "leaving", move, to: way.to.place }]);
  await way.to.store.keepPast(here.name, await way.from.store.past(here.name));
  const state = way.translate(without(source.claim.state(), "away"));
  await target.claim.settle({ records: [{ type: "arrived", move, state }] });
  return finish(source, { ...way, move });
}

function finish(source: End, { to, move }: Pick<Way, "to"> & { readonly move: string }): Moved {
  source.leave({ records: [{ type: "left", move, to: to.place }], next: Infinity });
  return "moved";
}

/** It was to come here, and is to stay where it is. */
async function turnBack(source: End, target: End, { to }: Way): Promise<Moved> {
  const { id } = source.claim.state().away!;
  const { away } = target.claim.state();
  if (away === undefined ? !hasAnything(target.claim.state()) : away.id !== id) return "nothing";
  if (away !== undefined) await target.claim.append([{ type: "stayed" }]);
  return finish(source, { to, move: id });
}

/** Would anything be lost with it? */
function hasAnything(state: RotationState): boolean {
  const { attempt, owed, settled, ejectedAt } = state;
  return [attempt, owed, settled, ejectedAt, ...liveLeases(state)].some((known) => known !== undefined);
}
