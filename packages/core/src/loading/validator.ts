import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import { isUrl } from "./accepts.ts";
import { explain } from "./explain.ts";
import type { Fault, Path } from "./fault.ts";
import { definitions, type JsonSchema } from "./rewrite.ts";

/** A value of the document to be held against a schema. */
export interface Check {
  readonly schema: JsonSchema;
  readonly value: unknown;
  readonly path: Path;
}

/** Keywords that only say that something below them failed. */
const echoes = new Set(["if", "allOf", "propertyNames"]);

/** A validator that tells every fault of a value, and compiles each schema object once. */
export function createValidator(): (check: Check) => readonly Fault[] {
  const ajv = new Ajv2020({
    allErrors: true,
    verbose: true,
    strict: true,
    strictRequired: false,
    strictTypes: false,
    formats: { uri: isUrl },
  });
  const compiled = new Map<JsonSchema, ValidateFunction>();
  return ({ schema, value, path }) => {
    const validate = compiled.get(schema) ?? ajv.compile({ ...schema, $defs: definitions });
    compiled.set(schema, validate);
    return validate(value) ? [] : (validate.errors ?? []).filter(isCause).map((error) => explain(error, path));
  };
}

function isCause(error: ErrorObject): boolean {
  return !echoes.has(error.keyword);
}
