import type { Rotation } from "../loading/model.ts";
import type { Store } from "./backend.ts";

/** `renamedFrom`: the state of the old name goes on under the new one, unless that has one already. */
export async function carryOver(
  rotations: readonly Pick<Rotation, "name" | "renamedFrom">[],
  { load, rename }: Pick<Store, "load" | "rename">,
): Promise<void> {
  for (const { name, renamedFrom } of rotations) {
    if (renamedFrom === undefined || (await load(renamedFrom)).seq === 0) continue;
    if ((await load(name)).seq === 0) await rename(renamedFrom, name);
  }
}
