import { leavesOf, shown, valueAt, withLeaf, type Leaf, type Manager } from "./fields.ts";
import { Refusal } from "./status.ts";
import type { Stored } from "./store.ts";
import type { Json } from "./types.ts";

/** An object with its owners, before it is stored. */
export type Draft = Pick<Stored, "body" | "managers">;

interface Writer {
  readonly manager: string;
  readonly force: boolean;
}

/**
 * Server-side apply: sets what the configuration says, takes out what this manager applied before and now leaves out, and refuses what another
 * manager owns with another value (structured-merge-diff merge/update.go; conflict texts of apimachinery managedfields/internal/conflict.go). Who applies
 * `stringData` of a Secret owns that, and nobody the `data` that it becomes: what is left out later stays (kubernetes issue 108008).
 */
export function applied(live: Draft, config: Json, { manager, force }: Writer): Draft {
  const wanted = leavesOf(config);
  const own = live.managers.find((one) => one.manager === manager && one.operation === "Apply");
  const others = live.managers.filter((one) => one !== own);
  const conflicts = conflictsOf(others, wanted, live.body);
  if (conflicts.length > 0 && !force) throw conflictRefusal(conflicts);
  const rest = others.map((one) => without(one, new Set(conflicts.map(({ leaf }) => leaf))));
  const dropped = [...(own?.leaves ?? [])].filter(
    (leaf) => !wanted.has(leaf) && !rest.some(({ leaves }) => leaves.has(leaf)),
  );
  const cleared = dropped.reduce<Json>((body, leaf) => withLeaf(body, leaf, undefined), live.body);
  const set = [...wanted.keys()].reduce<Json>((body, leaf) => withLeaf(body, leaf, valueAt(config, leaf)), cleared);
  const mine: Manager = { manager, operation: "Apply", leaves: new Set(wanted.keys()) };
  return { body: { ...set, metadata: set["metadata"] as Json }, managers: [...rest, mine] };
}

interface Conflict {
  readonly by: Manager;
  readonly leaf: Leaf;
}

function conflictsOf(others: readonly Manager[], wanted: ReadonlyMap<Leaf, string>, live: Json): readonly Conflict[] {
  return others.flatMap((by) =>
    [...wanted]
      .filter(([leaf, value]) => by.leaves.has(leaf) && JSON.stringify(valueAt(live, leaf)) !== value)
      .map(([leaf]) => ({ by, leaf })),
  );
}

function without(manager: Manager, taken: ReadonlySet<Leaf>): Manager {
  return { ...manager, leaves: new Set([...manager.leaves].filter((leaf) => !taken.has(leaf))) };
}

function conflictRefusal(conflicts: readonly Conflict[]): Refusal {
  const causes = conflicts.map(({ by, leaf }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with "${by.manager}"${by.operation === "Update" ? " using v1" : ""}`,
    field: shown(leaf),
  }));
  const [first] = causes;
  const said =
    causes.length === 1
      ? `1 conflict: ${first?.message}: ${first?.field}`
      : `${causes.length} conflicts: ${causes.map(({ message, field }) => `${message}:\n- ${field}`).join("\n")}`;
  return new Refusal(409, "Conflict", { message: `Apply failed with ${said}`, details: { causes } });
}

/** Any other write: the writer owns from now on what it changed, and nobody what is gone. */
export function updated(live: Draft, body: Draft["body"], manager: string): Draft {
  const before = leavesOf(live.body);
  const after = leavesOf(body);
  const changed = new Set([...after.keys()].filter((leaf) => before.get(leaf) !== after.get(leaf)));
  const gone = new Set([...before.keys()].filter((leaf) => !after.has(leaf)));
  const rest = live.managers.map((one) => without(one, new Set([...changed, ...gone])));
  const own = rest.find((one) => one.manager === manager && one.operation === "Update");
  const mine: Manager = { manager, operation: "Update", leaves: new Set([...changed, ...(own?.leaves ?? [])]) };
  return { body, managers: [...rest.filter((one) => one !== own), mine] };
}

/** JSON merge patch (RFC 7386). */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const base = typeof target === "object" && target !== null && !Array.isArray(target) ? (target as Json) : {};
  const merged = Object.entries(patch).map(([name, value]) => [name, mergePatch(base[name], value)] as const);
  return Object.fromEntries(
    Object.entries({ ...base, ...Object.fromEntries(merged) }).filter(([, one]) => one !== null),
  );
}
