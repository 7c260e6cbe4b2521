import type { RotationDeps } from "../rotation/session.ts";
import { isStateError } from "../engine-error.ts";

/** Where it is kept what was told. */
export type Notes = Pick<RotationDeps["store"], "note" | "changeNote">;

/**
 * The notes of a store, and what is to be noted while the store cannot be read or written: what keeps the daemon from its state has to be told as well. That is in memory
 * until the store is back, which then goes on from it. Throws what the store throws, as long as nothing is known of a note.
 */
export function keptNotes(store: Notes): Notes {
  const known = new Map<string, unknown>();
  const ahead = new Set<string>();

  async function orKnown<Answer>(key: string, work: () => Promise<Answer>, instead: () => Answer): Promise<Answer> {
    try {
      return await work();
    } catch (error) {
      if (!isStateError(error) || !known.has(key)) throw error;
      return instead();
    }
  }

  return {
    note: (key) =>
      orKnown(
        key,
        async () => {
          const note = await store.note(key);
          if (!ahead.has(key)) known.set(key, note);
          return known.get(key);
        },
        () => known.get(key),
      ),
    changeNote: (key, change) =>
      orKnown(
        key,
        async () => {
          const note = await store.changeNote(key, (before) => change(ahead.has(key) ? known.get(key) : before));
          ahead.delete(key);
          known.set(key, note);
          return note;
        },
        () => {
          const note = change(known.get(key)) ?? known.get(key);
          ahead.add(key);
          known.set(key, note);
          return note;
        },
      ),
  };
}
