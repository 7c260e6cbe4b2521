import type { Rotation, Spec } from "../loading/model.ts";
import type { RotationStatus } from "../report.ts";
import type { RotationDeps } from "../rotation/session.ts";
import type { RotationState } from "../store/state.ts";
import { orphanStatus } from "./status.ts";

type Named = Pick<Spec, "rotations" | "heldBack">;

interface Parts {
  readonly spec: Named;
  /** With what other machines rotate. */
  readonly written?: Pick<Spec, "rotations">;
  readonly deps: RotationDeps;
}

/** Every rotation that the state knows and the spec does not, while anything of it is left to tell of. */
export async function orphansOf({ spec, written = spec, deps }: Parts): Promise<readonly RotationStatus[]> {
  const states = await orphanStates(spec, deps);
  if (states.length === 0) return [];
  const hosts = new Map(written.rotations.map(({ name, host }) => [name, host]));
  return states.flatMap((state) => orphanStatus(state, deps.clock, hosts.get(state.name)) ?? []);
}

/** By name of a rotation that was never run: which orphan wrote the very sinks that it is about to write. Then a rename is more likely than two rotations. */
export async function renameHints(spec: Named, deps: RotationDeps): Promise<ReadonlyMap<string, string>> {
  const orphans = await orphanStates(spec, deps);
  if (orphans.length === 0) return new Map();
  const hints = new Map<string, string>();
  for (const rotation of spec.rotations) {
    const orphan = orphans.find((state) => wroteSinksOf(state, rotation));
    if (orphan !== undefined && (await deps.store.load(rotation.name)).settled === undefined)
      hints.set(
        rotation.name,
        `it takes over what ${orphan.name} wrote, which is not in the spec any more: \`renamedFrom: ${orphan.name}\` carries its credential over`,
      );
  }
  return hints;
}

/** What the state knows and the spec does not. What a list that cannot be used may name was not taken out. */
export async function orphanStates(
  { rotations, heldBack }: Named,
  { store }: Pick<RotationDeps, "store">,
): Promise<readonly RotationState[]> {
  const inSpec = new Set(rotations.map(({ name }) => name));
  const isHeld = (name: string): boolean => heldBack.some(({ family }) => isOf(family, name));
  const names = (await store.names()).filter((name) => !inSpec.has(name) && !isHeld(name));
  return Promise.all(names.map((name) => store.load(name)));
}

/** Has it the name of one that this family makes? */
export function isOf(family: string, name: string): boolean {
  return name.startsWith(`${family}.`);
}

function wroteSinksOf({ sinks }: RotationState, rotation: Rotation): boolean {
  return rotation.sinks.some(({ id }) => sinks[id] !== undefined && sinks[id].abandoned !== true);
}
