import { RotateError, type Plugin } from "@rotate/plugin-kit";
import { partFaults, reservedFields } from "@rotate/plugin-kit/grammar";
import { kinds } from "./kinds.ts";

/**
 * Holds a plugin against the contract: its API version, and what each part says of itself. Throws RotateError INVALID that names the first place that
 * breaks it.
 */
export function checkPlugin(name: string, plugin: Plugin): void {
  if (plugin.apiVersion !== 1) {
    throw unsound(`${name}: speaks plugin API version ${String(plugin.apiVersion)}; this rotate speaks 1`);
  }
  for (const kind of kinds) {
    for (const part of plugin[kind]) {
      const [fault] = partFaults(kind, part, `${name}: ${part.type}`);
      if (fault !== undefined) throw unsound(fault);
    }
  }
}

/** Throws RotateError INVALID for a field of a credential whose name belongs to the engine. */
export function checkFields(where: string, fields: readonly string[]): void {
  const taken = fields.find((field) => reservedFields.includes(field));
  if (taken !== undefined) throw unsound(`${where}: a field cannot be named "${taken}"`);
}

function unsound(message: string): RotateError {
  return new RotateError(`plugin ${message}`, {
    code: "INVALID",
    retryable: false,
    hint: "this is a fault of the plugin, not of the spec",
  });
}
