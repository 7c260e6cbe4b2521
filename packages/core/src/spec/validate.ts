import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import { explain } from "./explain.ts";
import type { Fault, Path } from "./fault.ts";
import { definitions, type JsonSchema } from "./rewrite.ts";

/** Holds a value against a schema, and tells every fault by its path in the document. */
export type Validate = (schema: JsonSchema, value: unknown, path: Path) => readonly Fault[];

/** Keywords that only say that something below them failed. */
const echoes = new Set(["if", "allOf", "anyOf", "propertyNames"]);

/** A validator that compiles each schema object once. */
export function createValidator(): Validate {
  const ajv = new Ajv2020({
    allErrors: true,
    verbose: true,
    strict: true,
    strictRequired: false,
    strictTypes: false,
    formats: { uri: (text: string) => URL.canParse(text) || text.includes("{{") },
  });
  const compiled = new Map<JsonSchema, ValidateFunction>();
  return (schema, value, path) => {
    const validate = compiled.get(schema) ?? ajv.compile({ ...schema, $defs: definitions });
    compiled.set(schema, validate);
    return validate(value) ? [] : (validate.errors ?? []).filter(isCause).map((error) => explain(error, path));
  };
}

function isCause(error: ErrorObject): boolean {
  return !echoes.has(error.keyword);
}
