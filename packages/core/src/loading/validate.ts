import { createAcceptor } from "./accepts.ts";
import type { Fault } from "./fault.ts";
import type { Check } from "./validator.ts";

/** Every fault of all checks, by its path in the document. The validator library is loaded only when there is a fault to explain. */
export async function faultsOf(checks: readonly Check[]): Promise<readonly Fault[]> {
  const accepts = createAcceptor();
  const failed = checks.filter(({ schema, value }) => !accepts(schema, value));
  if (failed.length === 0) return [];
  const { validate } = await import("./validator.ts");
  return failed.flatMap(validate);
}
