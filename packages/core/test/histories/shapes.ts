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

const fleetSets: readonly (readonly SinkKind[])[] = [
  ["remote", "remote"],
  ["remote", "late"],
  ["file", "remote"],
  ["blind"],
];

/** Every combination of sinks and issuers, with one consumer. */
export const shapes: readonly Shape[] = sinkSets.flatMap(shapesOf);

/** The same over stores that take a late write whatever stands there. */
export const lateShapes: readonly Shape[] = lateSets.flatMap(shapesOf);

/** The same on several machines over one database. A rotation that nobody may take over is not among them: its issuer ends a credential with the next, and a late write cannot be ruled out. */
export const fleetShapes: readonly Shape[] = fleetSets
  .flatMap(shapesOf)
  .filter(({ overlap, sinks }) => overlap || sinks.every((kind) => kind === "remote"))
  .map((shape) => ({ ...shape, rich: { fleet: true } }));

/** A shape of a fleet drawn by seed, with any of the further kinds of trouble that several machines have. */
export function randomFleetShape(seed: number): Shape {
  const next = randomNumbers(seed ^ 0x2c1b3c6d);
  for (let skip = 0; skip < 5; skip++) next();
  const shape = fleetShapes[Math.floor(next() * fleetShapes.length)]!;
  const more = (["pauses", "handEdits", "specChange", "blackouts"] as const).filter(() => next() < 0.25);
  return {
    ...shape,
    consumers: next() < 0.3 ? 2 : 1,
    renew: next() < 0.2,
    repair: next() < 0.2,
    policy: next() < 0.2 ? "always" : "adopted",
    rich: { ...shape.rich, ...Object.fromEntries(more.map((kind) => [kind, true])) },
  };
}

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
  "byHand",
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
