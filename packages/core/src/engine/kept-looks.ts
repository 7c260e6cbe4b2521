import type { KeptLook, LookAt, LookView } from "../backend/kept-looks.ts";
import type { Rotation } from "../loading/model.ts";
import type { RotationReport, RotationStatus } from "../report.ts";
import type { RotationDeps } from "../rotation/session.ts";
import type { Present } from "./quick-look.ts";
import { isResting, restMark, restOf } from "./rest.ts";
import { statusOf } from "./status.ts";
import type { Resting } from "./tick-options.ts";

/** What earlier processes saw, for as long as it stands. */
export interface Recalled {
  /** How it stands, by its state; undefined: somebody has to look. */
  readonly statusOf: (rotation: Rotation) => RotationStatus | undefined;
  /** Those of these whose sinks stand as they did too. */
  readonly resting: (rotations: readonly Rotation[]) => ReadonlyMap<Rotation, Resting>;
  /** One that was looked at. */
  readonly see: (present: Present, report: RotationReport) => void;
  /** Keeps what was seen for the next process. To be called when all is told. */
  readonly keep: () => Promise<void>;
}

interface Asking {
  readonly identity: string | undefined;
  readonly deps: RotationDeps;
  readonly cadence: number | undefined;
  readonly view: LookView;
}

/** Undefined where every state has to be looked at. */
export async function recallLooks({ identity, deps, cadence, view }: Asking): Promise<Recalled | undefined> {
  const { store, clock, heldBack, unserved } = deps;
  const { looks } = store;
  if (identity === undefined || looks === undefined || heldBack !== undefined || unserved !== undefined)
    return undefined;
  const last = await looks.mark();
  // Every look at a state takes over what it knew of time.
  if (last !== undefined) clock.observe(last.clock);
  const mark = restMark(identity, clock.note());
  const now = clock.now();
  const kept = last?.mark === mark ? await looks.recall(view) : [];
  const known = new Map<string, KeptLook>();
  for (const look of kept) if (isResting(look, now, { cadence })) known.set(look.rotation, look);
  const seen: (readonly [Present, RotationReport])[] = [];

  return {
    statusOf(rotation) {
      const look = known.get(rotation.name);
      return look && (JSON.parse(look.told) as RotationStatus);
    },
    resting(rotations) {
      const resting = new Map<Rotation, Resting>();
      for (const rotation of rotations) {
        const look = known.get(rotation.name);
        if (look === undefined || stampsOf(rotation) !== look.stamps) continue;
        resting.set(rotation, { nearly: look.nearly, report: () => JSON.parse(look.told) as RotationReport });
      }
      return resting;
    },
    see: (present, report) => void seen.push([present, report]),
    async keep() {
      const fresh = seen.flatMap(([present, report]) => lookOf(present, report, deps) ?? []);
      if (fresh.length > 0) await looks.keep({ mark, clock: clock.note() }, fresh);
    },
  };
}

/** Undefined where one of them can only be read, and where there are none. */
function stampsOf({ sinks }: Rotation): string | undefined {
  const stamps = sinks.map(({ part, options }) => part.stamp?.(options));
  return stamps.length === 0 || stamps.includes(undefined) ? undefined : stamps.join("\n");
}

/** Undefined where it is not at rest, or one of its sinks was not seen to hold what the state says. */
function lookOf(present: Present, report: RotationReport, deps: RotationDeps): LookAt | undefined {
  const { rotation, state } = present.moment;
  const rest = restOf(present, deps);
  const stamps = rotation.sinks.map((sink) => {
    const seen = deps.stamps?.get(sink);
    const may = state.sinks[sink.id]?.may ?? [];
    return may.length === 1 && seen?.holding === may[0] ? seen?.stamp : undefined;
  });
  if (rest === undefined || stamps.length === 0 || stamps.includes(undefined)) return undefined;
  const { name, epoch, seq } = state;
  const views = { status: JSON.stringify(statusOf(present, deps)), report: JSON.stringify(report) };
  return { rotation: name, epoch, seq, ...rest, stamps: stamps.join("\n"), ...views };
}
