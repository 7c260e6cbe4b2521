import type { Shape, SinkKind } from "./world.ts";

const sinkSets: readonly (readonly SinkKind[])[] = [
  ["file", "file", "file"],
  ["file", "remote", "blind"],
  ["remote", "file"],
  ["blind", "file", "remote"],
  ["file"],
];
const bits = [true, false];

/** Every combination of sinks and of what the issuer can do. */
export const shapes: readonly Shape[] = sinkSets.flatMap((sinks) =>
  bits.flatMap((revoke) =>
    bits.flatMap((find) => bits.map((rollback) => ({ sinks, revoke, find, rollback, sameValue: true, overlap: true }))),
  ),
);

const turns = [
  {},
  { stateRollback: true },
  { clock: true },
  { twoProcesses: true },
  { specChange: true },
  { handEdits: true },
] as const;

/** The same with one kind of trouble more. */
export const richShapes: readonly Shape[] = turns.flatMap((rich) => shapes.map((shape) => ({ ...shape, rich })));
