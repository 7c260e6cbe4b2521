import { badAnswer } from "@rotate/plugin-kit";

/** A JSON object that came out of a command. */
export type Document = Readonly<Record<string, unknown>>;

/** True for a JSON object, which no list is. */
export function isObject(value: unknown): value is Document {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads one JSON object. Throws BAD_ANSWER without the cause: the error of JSON.parse quotes the text. */
export function parseObject(stdout: string): Document {
  const hint = "run the command by hand: its standard output must hold one JSON object and nothing else";
  if (stdout.trim() === "") throw badAnswer("the command printed nothing", hint);
  const value = parseJson(stdout);
  if (isObject(value)) return value;
  throw badAnswer(value === undefined ? "the output is not JSON" : "the output is not a JSON object", hint);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function step(value: unknown, token: string): unknown {
  if (Array.isArray(value)) return /^(0|[1-9]\d*)$/.test(token) ? value[Number(token)] : undefined;
  return isObject(value) && Object.hasOwn(value, token) ? value[token] : undefined;
}

/** What a JSON Pointer (RFC 6901) leads to; undefined when it leads nowhere. Never walks a prototype. */
export function at(document: unknown, pointer: string): unknown {
  const tokens = pointer.split("/").slice(1);
  return tokens.map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~")).reduce(step, document);
}

/** The pointer to a property at the top. */
export function pointerTo(name: string): string {
  return `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** A value as text: a string as it is, a number or boolean as JSON writes it. Undefined for null and what is absent. Throws BAD_ANSWER for objects, arrays and empty text. */
export function textAt(document: unknown, pointer: string): string | undefined {
  const value = at(document, pointer);
  if (value === undefined || value === null) return undefined;
  const hint = "correct the pointer, or what the command prints";
  if (typeof value === "object") throw badAnswer(`${pointer} of the output is not text`, hint);
  if (value === "") throw badAnswer(`${pointer} of the output is empty`, hint);
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The same, for what must be there. */
export function requiredAt(document: unknown, pointer: string): string {
  const text = textAt(document, pointer);
  if (text !== undefined) return text;
  throw badAnswer(`${pointer} is missing in the output`, "correct the pointer, or what the command prints");
}
