import { parseDuration } from "./durations.ts";

/** Any object that is not a list. */
export type Loose = Readonly<Record<string, unknown>>;

/** What the value of a word must be; `wrong` completes "… is" when it is not. */
export interface Word {
  readonly holds: (value: unknown) => boolean;
  readonly wrong: string;
}

/** The words that a schema of one shape may have, by name. */
export type Words = Readonly<Record<string, Word>>;

/** True for an object that is no list: whatever its values are. */
export function isLoose(value: unknown): value is Loose {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isDistinctTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText) && new Set(value).size === value.length;
}

/** True for the text of a regular expression that JSON Schema takes (Unicode mode). */
export function isRegExp(value: unknown): boolean {
  try {
    return isText(value) && new RegExp(value, "u") instanceof RegExp;
  } catch {
    return false;
  }
}

const text: Word = { holds: isText, wrong: "no text" };
const truth: Word = { holds: (value) => typeof value === "boolean", wrong: "neither true nor false" };
const isTrue: Word = { holds: (value) => value === true, wrong: "not true" };
const number: Word = { holds: Number.isFinite, wrong: "no number" };
const count: Word = { holds: (value) => Number.isSafeInteger(value) && Number(value) >= 0, wrong: "no count" };
const list: Word = { holds: Array.isArray, wrong: "no list" };
const anything: Word = { holds: () => true, wrong: "" };
const texts: Word = { holds: isDistinctTexts, wrong: "no list of different texts" };
const duration: Word = {
  holds: (value) => isText(value) && parseDuration(value) !== undefined,
  wrong: "no duration",
};

const documentation: Words = { title: text, description: text, examples: list, deprecated: truth };

function described(words: Words): Words {
  return { ...documentation, ...words };
}

/** The words of each shape of a schema. A word that another shape has is none here. */
export const wordsOf = {
  const: described({
    const: { holds: (value) => isText(value) || number.holds(value) || truth.holds(value), wrong: "no plain value" },
  }),
  enum: described({
    enum: { holds: (value) => isDistinctTexts(value) && value.length > 0, wrong: "no list of different texts" },
    default: anything,
  }),
  union: described({
    anyOf: { holds: (value) => Array.isArray(value) && value.length > 0, wrong: "no list of schemas" },
  }),
  secret: described({ type: anything, secret: isTrue }),
  duration: described({ type: anything, format: anything, default: duration, min: duration, max: duration }),
  string: described({
    type: anything,
    default: anything,
    minLength: count,
    maxLength: count,
    pattern: { holds: isRegExp, wrong: "no regular expression" },
    format: { holds: (value) => value === "path" || value === "uri", wrong: "no format that options have" },
    template: isTrue,
  }),
  integer: described({ type: anything, default: anything, minimum: number, maximum: number }),
  number: described({ type: anything, default: anything, minimum: number, maximum: number }),
  boolean: described({ type: anything, default: anything }),
  array: described({
    type: anything,
    default: anything,
    items: anything,
    minItems: count,
    maxItems: count,
    uniqueItems: truth,
  }),
  object: described({
    type: anything,
    properties: { holds: isLoose, wrong: "no object" },
    required: texts,
    additionalProperties: { holds: (value) => value === false || isLoose(value), wrong: "neither false nor a schema" },
  }),
} as const satisfies Readonly<Record<string, Words>>;

/** Which of the schemas it is: `union`, `secret`, `duration` … ; `shapeOf` tells. */
export type Shape = keyof typeof wordsOf;

const types: readonly string[] = ["string", "integer", "number", "boolean", "array", "object"];

/** The shape of a schema, by what tells them apart; undefined when it has none of ours. */
export function shapeOf(schema: Loose): Shape | undefined {
  const { type } = schema;
  if ("const" in schema) return "const";
  if ("enum" in schema) return "enum";
  if ("anyOf" in schema) return "union";
  if (type === "string" && "secret" in schema) return "secret";
  if (type === "string" && schema["format"] === "duration") return "duration";
  return isText(type) && types.includes(type) ? (type as Shape) : undefined;
}
