/** Where rotations may be worked on: `host`, `moves` and `runsOn` together, and with what the rotation is made of. */
import { valueAt, type Fault } from "../fault.ts";
import type { Rotation } from "../model.ts";
import { bundlesOf } from "../bundles.ts";
import { pinnedBy } from "../pinned.ts";

/** What is said of a place that nobody could keep to. */
export function checkPlaces(document: unknown, rotations: readonly Rotation[]): readonly Fault[] {
  const isShared = valueAt(document, ["state"]) !== undefined;
  const otherOf = labelledOtherwise(rotations);
  return rotations.flatMap((rotation) => faultsOf(rotation, { isShared, otherOf }));
}

/** Of the same bundle, the first that has another label than this. */
type OtherOf = (rotation: Rotation) => Rotation | undefined;

function labelledOtherwise(rotations: readonly Rotation[]): OtherOf {
  const byName = new Map(rotations.map((rotation) => [rotation.name, rotation]));
  const bundles = bundlesOf(rotations);
  const pairs = new Map<readonly string[], readonly (Rotation | undefined)[]>();
  /** The first of all, and the first whose label is not that one's. */
  function pairOf(bundle: readonly string[]): readonly (Rotation | undefined)[] {
    const all = bundle.flatMap((name) => byName.get(name) ?? []);
    return [all[0], all.find(({ runsOn }) => runsOn !== all[0]?.runsOn)];
  }
  return ({ name, runsOn }) => {
    const bundle = bundles.get(name) ?? [];
    const pair = pairs.get(bundle) ?? pairOf(bundle);
    pairs.set(bundle, pair);
    return pair.find((other) => other !== undefined && other.runsOn !== runsOn);
  };
}

function faultsOf(
  rotation: Rotation,
  { isShared, otherOf }: { readonly isShared: boolean; readonly otherOf: OtherOf },
): readonly Fault[] {
  const { name, family, host, runsOn, moves } = rotation;
  const path = ["rotations", family ?? name];
  function fault(key: string, message: string, hint: string): Fault {
    return { path: [...path, key], message: `${key} of ${name} ${message}`, hint };
  }
  const alone = [...(host === undefined ? [] : ["host"]), ...(runsOn === undefined ? [] : ["runsOn"])];
  if (!isShared)
    return alone.map((key) =>
      fault(key, "needs a state that machines share", "add `state: { type: postgres, … }`, or leave it out"),
    );
  if (host !== undefined && (moves === true || runsOn !== undefined))
    return [
      fault(
        "host",
        `and its \`${moves === true ? "moves" : "runsOn"}\` contradict each other`,
        "leave one of them out",
      ),
    ];
  if (runsOn === undefined) return [];
  const [why] = pinnedBy(rotation);
  if (why !== undefined)
    return [
      fault("runsOn", `chooses among machines, and it stays on its own: ${why}`, "`moves: true` says that it may move"),
    ];
  const other = otherOf(rotation);
  if (other === undefined) return [];
  return [
    fault(
      "runsOn",
      `is another label than that of ${other.name}, which shares a reload with it`,
      "rotations that share a reload are taken together: give them one label",
    ),
  ];
}
