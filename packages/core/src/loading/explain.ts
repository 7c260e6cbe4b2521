import type { ErrorObject } from "ajv/dist/2020.js";
import { isRecord, nameOf, type Fault, type Path } from "./fault.ts";
import { didYouMean, nearest } from "./nearest.ts";
import { marks } from "./rewrite.ts";

const howToRefer = "{ env: NAME }, { file: PATH }, { exec: [command] } or { credential: NAME }";

/** What a failed keyword means to the person who wrote the spec. Never holds a text that may be a secret. */
export function explain(error: ErrorObject, prefix: Path): Fault {
  const path = [...prefix, ...stepsOf(error.instancePath)];
  if (error.propertyName !== undefined) return explainKey(error, [...path, error.propertyName]);
  const mark = markOf(error);
  if (mark === marks.reference) return explainReference(error, path);
  if (mark === marks.template) return literalSecret(path, ', or a template such as "{{ token }}"');
  if (mark === marks.duration) return explainDuration(error, path);
  return (explanations[error.keyword] ?? explainOther)(error, path);
}

type Explanation = (error: ErrorObject, path: Path) => Fault;

const explanations: Readonly<Record<string, Explanation>> = {
  additionalProperties: explainUnknownKey,
  required: explainMissing,
  const: explainConst,
  enum: explainEnum,
  type: explainType,
  pattern: explainPattern,
  format: (_, path) => ({ path, message: `${nameOf(path)} must be a URL`, hint: "such as https://host.example.com" }),
  minimum: (error, path) => ({
    path,
    message: `${nameOf(path)} must be at least ${String(parameter(error, "limit"))}`,
  }),
  maximum: (error, path) => ({ path, message: `${nameOf(path)} must be at most ${String(parameter(error, "limit"))}` }),
  minProperties: (_, path) => ({ path, message: `${nameOf(path)} is empty` }),
  minItems: (_, path) => ({ path, message: `${nameOf(path)} is empty` }),
  minLength: (_, path) => ({ path, message: `${nameOf(path)} is empty or too short` }),
  uniqueItems: (_, path) => ({ path, message: `${nameOf(path)} holds one value twice` }),
};

function stepsOf(pointer: string): Path {
  const steps = pointer.split("/").slice(1);
  return steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step.replaceAll("~1", "/").replaceAll("~0", "~")));
}

function parameter(error: ErrorObject, name: string): unknown {
  const params: Readonly<Record<string, unknown>> = error.params;
  return params[name];
}

function markOf({ parentSchema }: ErrorObject): unknown {
  return parentSchema?.["$comment"] as unknown;
}

function descriptionOf({ parentSchema }: ErrorObject): string | undefined {
  const { description, examples } = (parentSchema ?? {}) as { description?: string; examples?: readonly unknown[] };
  if (examples?.[0] !== undefined) return `such as ${JSON.stringify(examples[0])}`;
  return description;
}

function explainKey(error: ErrorObject, path: Path): Fault {
  const key = String(error.propertyName);
  const expected = descriptionOf(error);
  return {
    path,
    at: "key",
    message: `${JSON.stringify(key)} cannot be a key of ${nameOf(path.slice(0, -1))}`,
    hint: expected && `expected: ${expected}`,
  };
}

function literalSecret(path: Path, alternative = ""): Fault {
  return {
    path,
    message: `${nameOf(path)} is secret, so it must not be written in the spec`,
    hint: `say where it is read: ${howToRefer}${alternative}`,
  };
}

/** A wrong key is told only when it is nearly a right one: it may be a secret that lost its quotes. */
function explainReference(error: ErrorObject, path: Path): Fault {
  if (error.keyword === "type") return error.data === null ? emptySecret(path) : literalSecret(path);
  const known = Object.keys((error.parentSchema?.["properties"] ?? {}) as object);
  const meant =
    error.keyword === "additionalProperties"
      ? nearest(String(parameter(error, "additionalProperty")), known)
      : undefined;
  const hint = meant === undefined ? `write ${howToRefer}` : `did you mean "${meant}"?`;
  return { path, message: `${nameOf(path)} is not a reference`, hint };
}

function emptySecret(path: Path): Fault {
  return { path, message: `${nameOf(path)} is empty`, hint: `say where it is read: ${howToRefer}` };
}

function explainDuration(error: ErrorObject, path: Path): Fault {
  const { data } = error;
  const isNumber = typeof data === "number" || (typeof data === "string" && /^\d+$/.test(data));
  const unit = isNumber ? `add the unit: ${data}s, ${data}m or ${data}h` : "larger units first, no fractions";
  return { path, message: `${nameOf(path)} must be a duration such as 90s, 50m, 1h30m or 2d`, hint: unit };
}

function explainUnknownKey(error: ErrorObject, path: Path): Fault {
  const key = String(parameter(error, "additionalProperty"));
  const properties = (error.parentSchema?.["properties"] ?? {}) as Readonly<Record<string, object>>;
  return {
    path: [...path, key],
    at: "key",
    message: `${nameOf(path)} has an unknown key ${JSON.stringify(key)}`,
    hint: hintOfKey(key, properties),
  };
}

function hintOfKey(key: string, properties: Readonly<Record<string, object>>): string | undefined {
  const known = Object.keys(properties);
  if (nearest(key, known) !== undefined) return didYouMean(key, known);
  const written = writtenKey(properties["values"]);
  if (written !== undefined) return `what is written stands as \`values: { ${written}: "…" }\``;
  const parent = known.find((name) => hasProperty(properties[name], key));
  if (parent !== undefined) return `it stands one level deeper: \`${parent}: { ${key}: … }\``;
  const here = didYouMean(key, known);
  return "request" in properties ? `${here}; what its provider is asked for stands in \`request: { … }\`` : here;
}

function hasProperty(schema: object | undefined, key: string): boolean {
  const { properties = {}, anyOf = [] } = (schema ?? {}) as {
    readonly properties?: object;
    readonly anyOf?: readonly object[];
  };
  return Object.hasOwn(properties, key) || anyOf.some((one) => hasProperty(one, key));
}

/** The one key that a sink's `values` can have, if there is only one: a template is often looked for beside it. */
function writtenKey(values: object | undefined): string | undefined {
  const { propertyNames } = (values ?? {}) as { readonly propertyNames?: { readonly pattern?: string } };
  return /^\^(?:\(\?:)?\^?([a-z]+)\$?\)?\$$/.exec(propertyNames?.pattern ?? "")?.[1];
}

function explainMissing(error: ErrorObject, path: Path): Fault {
  const key = String(parameter(error, "missingProperty"));
  const properties = (error.parentSchema?.["properties"] ?? {}) as Readonly<
    Record<string, { readonly description?: string }>
  >;
  return { path, message: `${nameOf(path)} is missing ${JSON.stringify(key)}`, hint: properties[key]?.description };
}

function explainConst(error: ErrorObject, path: Path): Fault {
  return { path, message: `${nameOf(path)} must be ${JSON.stringify(parameter(error, "allowedValue"))}` };
}

function explainEnum(error: ErrorObject, path: Path): Fault {
  const known = (parameter(error, "allowedValues") as readonly unknown[]).map(String);
  if (typeof error.data !== "string")
    return { path, message: `${nameOf(path)} must be a text`, hint: didYouMean("", known) };
  return {
    path,
    message: `${nameOf(path)} is ${JSON.stringify(error.data)}, which is not known`,
    hint: didYouMean(error.data, known),
  };
}

const typeNames: Readonly<Record<string, string>> = {
  string: "a text",
  object: "a mapping",
  array: "a list",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
};

function explainType(error: ErrorObject, path: Path): Fault {
  const wanted = String(parameter(error, "type"));
  const expected = typeNames[wanted] ?? wanted;
  if (error.data === null) return { path, message: `${nameOf(path)} is empty`, hint: `expected ${expected}` };
  const message = `${nameOf(path)} must be ${expected}`;
  if (wanted === "string" && ["number", "boolean"].includes(typeof error.data)) return { path, message, quote: true };
  return { path, message, hint: typeHint(wanted, error.data) };
}

function typeHint(wanted: string, data: unknown): string | undefined {
  if (wanted === "string" && isRecord(data)) return 'was a template meant? quote it: "{{ field }}"';
  if (wanted === "array") return "write it as a list: [ … ], or lines that begin with a dash";
  return undefined;
}

function explainPattern(error: ErrorObject, path: Path): Fault {
  const expected = descriptionOf(error);
  return {
    path,
    message: `${nameOf(path)} is not of the form that is expected`,
    hint: expected && `expected: ${expected}`,
  };
}

function explainOther(error: ErrorObject, path: Path): Fault {
  return { path, message: `${nameOf(path)} ${error.message ?? "is not valid"}` };
}
