/** Where permits stand: what the machines that share a group all see. */
import type { KeptPermit, NextPermit } from "@rotate/plugin-kit";
import type { Store } from "../backend/backend.ts";

/** Permits of one group, by number. Both throw what keeps them from it. */
export interface PermitPlace {
  readonly read: (permit: number) => Promise<KeptPermit | undefined>;
  /** Compare-and-swap. Gives the new version; undefined: somebody was faster. */
  readonly write: (permit: number, next: NextPermit) => Promise<string | undefined>;
  /** Could they be read and written now? Throws what keeps us from it. */
  readonly check?: (permits: number) => Promise<void>;
}

/** As the notes of a store keep it. Instants: RFC 3339. */
interface Noted {
  readonly version: number;
  readonly holder: string;
  readonly acquiredAt: string;
  readonly renewedAt: string;
  readonly lasts: number;
  readonly transitions: number;
  readonly unwell?: true;
}

/** In a state that several machines share: its notes are changed in one transaction each. */
export function placeInState(group: string, { note, changeNote }: Pick<Store, "note" | "changeNote">): PermitPlace {
  function keyOf(permit: number): string {
    return `permit ${group} ${permit}`;
  }
  return {
    async read(permit) {
      const noted = (await note(keyOf(permit))) as Noted | undefined;
      if (noted === undefined) return undefined;
      const { version, acquiredAt, renewedAt, ...rest } = noted;
      return {
        version: String(version),
        permit: { ...rest, acquiredAt: new Date(acquiredAt), renewedAt: new Date(renewedAt) },
      };
    },
    async write(permit, { permit: next, version }) {
      const to = Number(version ?? 0) + 1;
      const { acquiredAt, renewedAt, ...rest } = next;
      const noted: Noted = {
        ...rest,
        version: to,
        acquiredAt: acquiredAt.toISOString(),
        renewedAt: renewedAt.toISOString(),
      };
      let isOurs = false;
      await changeNote(keyOf(permit), (before) => {
        const stands = (before as Noted | undefined)?.version;
        isOurs = (stands === undefined ? undefined : String(stands)) === version;
        return isOurs ? noted : undefined;
      });
      return isOurs ? String(to) : undefined;
    },
  };
}
