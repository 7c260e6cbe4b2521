import type { DriftedKey } from "../report.ts";
import type { Rotation, SinkEntry } from "../loading/model.ts";
import { allHold, type RotationState, type SinkState } from "../store/state.ts";

/** How the sinks of a rotation differ from what was written to them. */
export interface Drift {
  /** `changed` when anybody changed anything; `absent` when all that differs is gone. */
  readonly kind: "absent" | "changed";
  readonly keys: readonly DriftedKey[];
}

/** How the sinks differ from the settled lease, by the last look; undefined when they do not, or work is owed. */
export function driftOf({ sinks }: Rotation, state: RotationState): Drift | undefined {
  const { settled, owed, attempt } = state;
  if (settled === undefined || owed !== undefined || attempt !== undefined) return undefined;
  const drifted = sinks.filter(({ id }) => (state.sinks[id]?.may.length ?? 0) > 0 && !allHold(state, [id], settled));
  if (drifted.length === 0) return undefined;
  const keys = drifted.flatMap((sink) => keysOf(sink, state.sinks[sink.id]!));
  return { kind: keys.every(({ kind }) => kind === "absent") ? "absent" : "changed", keys };
}

function keysOf({ type, target, values }: SinkEntry, { may, drift }: SinkState): readonly DriftedKey[] {
  const at = { sink: type, target };
  const isGone = may.length === 1 && may[0] === "absent";
  if (isGone) return Object.keys(values).map((key) => ({ ...at, key, kind: "absent" as const }));
  if (drift === undefined) return [{ ...at, kind: "changed" }];
  return [
    ...drift.absent.map((key) => ({ ...at, key, kind: "absent" as const })),
    ...drift.changed.map((key) => ({ ...at, key, kind: "changed" as const })),
  ];
}
