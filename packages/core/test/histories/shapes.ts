import { randomNumbers } from "./choices.ts";
import type { Rich, Shape, SinkKind } from "./world.ts";

const sinkSets: readonly (readonly SinkKind[])[] = [
  ["file", "file", "file"],
  ["file", "remote", "blind"],
  ["remote", "file"],
  ["blind", "file", "remote"],
  ["file"],
];
const lateSets: readonly (readonly SinkKind[])[] = [
  ["late", "file"],
  ["file", "late-blind"],
  ["late", "remote", "late-blind"],
  ["late-blind"],
];
const bits = [true, false];

type Issuer = Pick<Shape, "revoke" | "find" | "rollback" | "overlap">;

/** What an issuer can do, and what the spec asks for on a failure. */
const issuers: readonly Issuer[] = bits.flatMap((find): readonly Issuer[] => [
  ...(["handle", "none"] as const).flatMap((revoke) =>
    bits.map((rollback) => ({ revoke, find, rollback, overlap: true })),
  ),
  { revoke: "value", find, rollback: true, overlap: true },
  { revoke: "handle", find, rollback: true, overlap: false },
]);

/** Every combination of sinks and issuers, with one consumer. */
export const shapes: readonly Shape[] = sinkSets.flatMap(shapesOf);

/** The same over stores that take a late write whatever stands there. */
export const lateShapes: readonly Shape[] = lateSets.flatMap(shapesOf);

function shapesOf(sinks: readonly SinkKind[]): readonly Shape[] {
  return issuers.map((issuer) => ({ ...issuer, sinks, consumers: 1, rich: {} }));
}

const troubles: readonly (keyof Rich)[] = [
  "pauses",
  "clock",
  "twoProcesses",
  "stateRollback",
  "stateLost",
  "handEdits",
  "specChange",
  "blackouts",
  "power",
];

/** A shape drawn by seed, every fifth over stores that refuse no late write: any sinks and issuer, up to two consumers, and any of the further kinds of trouble together. */
export function randomShape(seed: number): Shape {
  const next = randomNumbers(seed ^ 0x5bd1e995);
  for (let skip = 0; skip < 5; skip++) next();
  const one = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)]!;
  return {
    ...one(issuers),
    sinks: one(seed % 5 === 0 ? lateSets : sinkSets),
    consumers: next() < 0.3 ? 2 : 1,
    renew: next() < 0.2,
    repair: next() < 0.2,
    policy: next() < 0.2 ? "always" : "adopted",
    rich: { pauses: true, ...Object.fromEntries(troubles.filter(() => next() < 0.25).map((kind) => [kind, true])) },
  };
}

/** Every shape again with two consumers and every kind of trouble. */
export const troubledShapes: readonly Shape[] = shapes.map((shape) => ({
  ...shape,
  consumers: 2,
  rich: Object.fromEntries(troubles.map((kind) => [kind, true])),
}));

/** Every shape on a machine that loses power. */
export const poweredShapes: readonly Shape[] = shapes.map((shape) => ({ ...shape, rich: { power: true } }));
