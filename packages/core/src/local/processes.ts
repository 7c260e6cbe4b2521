/** Which processes over a state directory live, told apart from those over any other: also from those of a copy of it. */
import { createHash } from "node:crypto";
import type { Processes } from "../backend/host-notes.ts";
import type { Locks } from "./claims.ts";
import { fileIdentity } from "./state-error.ts";

/** @param bootId another boot of this machine knows nothing of those of this one */
export function createProcesses(
  directory: string,
  { locks, bootId }: { readonly locks: Locks; readonly bootId: string },
): Processes {
  let known: string | undefined;
  /** Made when it is first asked for: most starts never do. */
  function place(): string {
    known ??= createHash("sha256")
      .update(`${bootId} ${fileIdentity(directory) ?? ""}`)
      .digest("hex")
      .slice(0, 16);
    return known;
  }
  return {
    own: () => `${place()}/${locks.own().owner}`,
    isDead(id) {
      const [of, owner = ""] = id.split("/");
      return of === place() && owner !== locks.own().owner && !locks.isAlive(owner);
    },
  };
}
