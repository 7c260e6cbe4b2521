import { invalid } from "../errors.ts";

/** A member of a JSON object as it is written. Offsets are of UTF-16 units. */
export interface Member {
  readonly key: string;
  /** Of the key's quote. */
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}

/** The members of the object that a text is, in order (RFC 8259). Throws INVALID, quoting nothing, for a text that is no JSON object. */
export function membersOf(text: string): readonly Member[] {
  if (!isObject(text)) {
    throw invalid(
      "the secret holds something that is no JSON object",
      "give the whole secret to rotate, with `format: value`, or write an object into it once",
    );
  }
  const members: Member[] = [];
  let at = skipped(text, text.indexOf("{") + 1);
  while (text[at] !== "}") {
    const start = at;
    const keyEnd = behindString(text, at);
    const valueStart = skipped(text, skipped(text, keyEnd) + 1);
    const end = behindValue(text, valueStart);
    members.push({ key: JSON.parse(text.slice(start, keyEnd)) as string, start, valueStart, end });
    const next = skipped(text, end);
    at = text[next] === "," ? skipped(text, next + 1) : next;
  }
  return members;
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    // The parser's error may quote the text, which is a secret.
    return false;
  }
}

/** From here on the text is known to be JSON. */
function skipped(text: string, from: number): number {
  let at = from;
  while (" \t\r\n".includes(text[at] ?? "}")) at += 1;
  return at;
}

function behindString(text: string, from: number): number {
  let at = from + 1;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

function behindValue(text: string, from: number): number {
  let [at, depth] = [from, 0];
  do {
    const letter = text[at] ?? "";
    if (letter === '"') {
      at = behindString(text, at);
      continue;
    }
    if ("{[".includes(letter)) depth += 1;
    if ("}]".includes(letter)) depth -= 1;
    at += 1;
  } while (depth > 0 || !",}] \t\r\n".includes(text[at] ?? ","));
  return at;
}
