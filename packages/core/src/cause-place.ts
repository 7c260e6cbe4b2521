import type { CallPlace, CauseReport } from "./report.ts";

const atProvider: ReadonlySet<CallPlace | undefined> = new Set(["mint", "renew", "retire"]);

/** Where a call failed: `mint at vault`, `reload`. Undefined: no call did. */
export function placeOf({ phase, provider }: Pick<CauseReport, "phase" | "provider">): string | undefined {
  return atProvider.has(phase) && provider !== "" ? `${phase} at ${provider}` : phase;
}
