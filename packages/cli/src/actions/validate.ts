import type { Diagnostic } from "@rotate/core";
import type { ActionInput } from "../action.ts";
import { count } from "../output/event-line.ts";
import { readSpec } from "../spec.ts";
import { describe } from "../spec-faults.ts";

/** `rotate validate --json` of a spec that can be used; one that cannot is a `Failure`. */
export interface ValidateReport {
  readonly version: 1;
  readonly valid: true;
  /** Absolute path, or `-`. */
  readonly file: string;
  readonly rotations: readonly string[];
  /** Warnings only: a fault is an error, with the same list. */
  readonly diagnostics: readonly Diagnostic[];
}

/** `rotate validate`: everything that is wrong with the spec, offline. */
export async function validate({ flags, json, terminal }: ActionInput<object, object>): Promise<ValidateReport> {
  const spec = await readSpec(flags.file, terminal, { whole: true });
  const diagnostics = spec.warnings;
  const rotations = spec.rotations.map(({ name }) => name);
  if (!json) {
    if (diagnostics.length > 0) terminal.err(describe(diagnostics, terminal));
    terminal.out(`${spec.file}: valid, ${count(rotations.length, "rotation")}: ${firstOf(rotations)}`);
  }
  return { version: 1, valid: true, file: spec.file, rotations, diagnostics };
}

const shownNames = 5;

/** The first few names, and how many more there are. */
function firstOf(names: readonly string[]): string {
  const rest = names.length - shownNames;
  return `${names.slice(0, shownNames).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}
