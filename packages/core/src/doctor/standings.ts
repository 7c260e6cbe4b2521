import type { PlanReport } from "../plan-report.ts";
import type { Examination } from "./finding.ts";

/** How the rotations stand, in numbers: no fault of the machine, so that `status` has the words for it. A view of the plan's standings. */
export function standingsIn({ rotations, orphans }: Pick<PlanReport, "rotations" | "orphans">): Examination {
  const all = [...rotations.map(({ standing }) => standing), ...orphans];
  const states = [...Map.groupBy(all, ({ state }) => state)].map(([state, { length }]) => `${length} ${state}`);
  const isWell = all.every(({ alarm }) => alarm === undefined);
  const seen = `${states.join(", ") || "none"}${isWell ? "" : ": `rotate status` says why"}`;
  return { name: "rotations", seen, result: isWell ? "good" : "found" };
}
