import type { RotateError } from "@rotate/plugin-kit";
import { asSecretRef, createContext, isReference, type Reference, type Runtime } from "@rotate/runtime";
import { EngineError } from "../engine-error.ts";
import { isRecord } from "../loading/fault.ts";
import type { Rotation } from "../loading/model.ts";
import { partsOf } from "../loading/parts-of.ts";

/**
 * Throws EngineError `ROTATE_CANNOT_SERVE` when a reference of these rotations leads nowhere on this machine: whatever it took would fail here, and may go well on another.
 * Commands are not run for it.
 */
export async function refuseUnable(rotations: readonly Rotation[], runtime: Runtime): Promise<void> {
  const ctx = createContext({ runtime, options: {}, signal: new AbortController().signal });
  const trees = rotations.flatMap((rotation) => [rotation.request, ...partsOf(rotation).map(({ options }) => options)]);
  for (const reference of new Map(trees.flatMap(referencesIn).map((one) => [JSON.stringify(one.source), one])).values())
    await ctx.resolve(asSecretRef(reference)).catch((error: unknown) => {
      throw unable(error as RotateError);
    });
}

function referencesIn(value: unknown): readonly Reference[] {
  if (isReference(value)) return "exec" in value.source ? [] : [value];
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  return isRecord(value) ? Object.values(value).flatMap(referencesIn) : [];
}

function unable({ message, hint }: RotateError): EngineError {
  return new EngineError(`this machine takes nothing that moves: ${message}`, {
    code: "ROTATE_CANNOT_SERVE",
    exitCode: 6,
    hint: hint ?? "give it what the others have",
  });
}
