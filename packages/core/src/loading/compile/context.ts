import type { Kind, Parts } from "../kinds.ts";
import type { Fault, Path } from "../fault.ts";
import type { FillContext } from "../fill.ts";
import type { ParseTemplate } from "../template.ts";

/** The parts that a document names, loaded. */
export interface FoundParts {
  readonly get: <K extends Kind>(kind: K, type: unknown) => Parts[K] | undefined;
}

/** What the compilation of one document shares. */
export interface Compilation {
  readonly parts: FoundParts;
  readonly parse: ParseTemplate;
  readonly fill: FillContext;
  readonly report: (fault: Fault) => void;
  /** False where the schema found a fault at or below this path: then nothing is built from it. */
  readonly isSound: (path: Path) => boolean;
}

/** `isSound` for a list of faults. */
export function soundnessOf(faults: readonly Fault[]): (path: Path) => boolean {
  const faulty = new Set<string>();
  for (const { path, severity } of faults) {
    if (severity === "warning") continue;
    for (let length = 0; length <= path.length; length++) faulty.add(JSON.stringify(path.slice(0, length)));
  }
  return (path) => faulty.size === 0 || !faulty.has(JSON.stringify(path));
}
