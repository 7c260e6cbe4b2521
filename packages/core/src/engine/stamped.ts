import type { JournalRecord } from "../store/records.ts";
import type { RotationDeps } from "../rotation/session.ts";

/** Takes the next epoch of a rotation whose lock is held, spec or no spec, and gives its journal. */
export async function stamped(name: string, deps: RotationDeps): Promise<(record: JournalRecord) => Promise<void>> {
  const { store, clock } = deps;
  async function append(record: JournalRecord, epoch: number): Promise<number> {
    const next = await store.append(name, { record, epoch, stamp: clock.note() });
    return next.epoch;
  }
  const before = await store.load(name);
  clock.observe(before.clock);
  const epoch = await append({ type: "opened" }, before.epoch);
  return async (record) => void (await append(record, epoch));
}
