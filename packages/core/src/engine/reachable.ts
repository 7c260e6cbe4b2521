import type { Spec } from "../loading/model.ts";
import type { RotationDeps } from "../rotation/session.ts";
import type { TroubleReport } from "../report.ts";

/** What an engine works with. */
interface Parts {
  readonly spec: Spec;
  readonly written: Spec;
  readonly deps: RotationDeps;
}

/** What can be done and told now. */
export interface Reachable<Of> {
  readonly parts: Of;
  /** Rotations of which nothing can be told, and why. */
  readonly untold: { readonly untold?: readonly string[]; readonly troubles?: readonly TroubleReport[] };
}

/** Who asks, and for which. A daemon tries again by itself. */
interface Asking {
  readonly names?: readonly string[] | undefined;
  readonly byDaemon?: boolean | undefined;
}

/** All of it; while the database of a fleet is away, what is pinned to this machine. Throws EngineError `ROTATE_STATE_UNREACHABLE` when something else is asked for by name. */
export function reachableOf<Of extends Parts>(parts: Of, { names = [], byDaemon = false }: Asking): Reachable<Of> {
  const { spec, written, deps } = parts;
  const { halves, peers: _, ...others } = deps;
  const away = halves?.away();
  if (byDaemon || halves === undefined || away === undefined) return { parts, untold: {} };
  const { code, message, hint } = away;
  const own = spec.rotations.filter(halves.isPinned);
  const untold = written.rotations.filter((rotation) => !own.includes(rotation)).map(({ name }) => name);
  if (names.some((name) => untold.includes(name))) throw away;
  const here = { ...parts, spec: { ...spec, rotations: own }, deps: { ...others, ...halves.local } };
  if (names.length > 0 || untold.length === 0) return { parts: here, untold: {} };
  const trouble = {
    code,
    message: `${message}: nothing is known of ${listed(untold)}`,
    ...(hint !== undefined && { hint }),
  };
  return { parts: here, untold: { untold, troubles: [trouble] } };
}

const shownNames = 5;

function listed(names: readonly string[]): string {
  const rest = names.length - shownNames;
  return `${names.slice(0, shownNames).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}
