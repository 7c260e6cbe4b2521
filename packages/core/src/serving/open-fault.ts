import type { Masker } from "@rotate/runtime";
import { EngineError } from "../engine-error.ts";
import type { EndpointEntry } from "../loading/model.ts";
import { innerError, maskError } from "../rotation/errors.ts";

/** Why an endpoint is not open, for people: `ROTATE_SERVE_…`. */
export function openFault({ where }: Pick<EndpointEntry, "where">, error: unknown, masker: Masker): EngineError {
  const { code, message, hint } = innerError(maskError(error, masker));
  return new EngineError(`${where}: ${message}`, {
    code: `ROTATE_SERVE_${code}`,
    exitCode: 1,
    ...(hint !== undefined && { hint }),
  });
}
