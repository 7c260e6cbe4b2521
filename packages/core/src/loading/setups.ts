import type { IssuerSetup } from "@rotate/plugin-kit";
import { describeSource, isReference } from "@rotate/runtime";
import { described } from "./compile/identity.ts";
import { isRecord } from "./fault.ts";
import type { ProviderEntry, Rotation } from "./model.ts";

/** What is run once for one provider entry. */
export interface ProviderSetup extends IssuerSetup {
  /** Its key under `providers`. */
  readonly provider: string;
  readonly type: string;
  /** Those that mint there. */
  readonly rotations: readonly string[];
}

/** What administrators run once for these rotations, by provider, in the order of the spec. Asks nobody. */
export function setupsOf(rotations: readonly Rotation[]): readonly ProviderSetup[] {
  const byProvider = Map.groupBy(rotations, ({ provider }) => provider);
  return [...byProvider].flatMap(([provider, minting]) => setupOf(provider, minting) ?? []);
}

function setupOf(
  { part, name, type, options }: ProviderEntry,
  rotations: readonly Rotation[],
): ProviderSetup | undefined {
  const setup = part.setup?.(
    described(options),
    rotations.map(({ request }) => described(request)),
  );
  if (setup === undefined) return undefined;
  const text = [setup.place, ...setup.statements].join("\n");
  const stands = referencesIn(options).filter((words) => text.includes(words));
  const notes = [...setup.notes, ...stands.map((words) => `Where ${words} stands, put what it leads to.`)];
  return { ...setup, notes, provider: name, type, rotations: rotations.map((rotation) => rotation.name) };
}

/** The words that stand for what is read later. */
function referencesIn(value: unknown): readonly string[] {
  if (isReference(value)) return [describeSource(value.source)];
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  return isRecord(value) ? Object.values(value).flatMap(referencesIn) : [];
}
