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

/** So many schemas stay compiled: a spec that is being written fails by the same few at each save, and compiling one takes 30 ms. */
const most = 64;
const compiled = new Map<string, ValidateFunction>();
const ajv = new Ajv2020({
  allErrors: true,
  verbose: true,
  strict: true,
  strictRequired: false,
  strictTypes: false,
  formats: { uri: isUrl },
});

/** Every fault of a value. Each schema is compiled once. */
export function validate({ schema, value, path }: Check): readonly Fault[] {
  const check = compile(schema);
  const errors = check(value) ? [] : (check.errors ?? []);
  check.errors = null; // they hold the whole value
  return errors.filter(isCause).map((error) => explain(error, path));
}

/** Schemas are written anew for each load: their text tells which are the same. */
function compile(schema: JsonSchema): ValidateFunction {
  const text = JSON.stringify(schema);
  const known = compiled.get(text);
  if (known !== undefined) return known;
  if (compiled.size === most) {
    compiled.clear();
    ajv.removeSchema();
  }
  const made = ajv.compile({ ...schema, $defs: definitions });
  compiled.set(text, made);
  return made;
}

function isCause(error: ErrorObject): boolean {
  return !echoes.has(error.keyword);
}
