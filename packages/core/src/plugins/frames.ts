/** What comes from a program, byte by byte, until it can be believed to be a frame of docs/plugin-protocol.md. */
import { badAnswer, RotateError, errorCodes, type ErrorCode } from "@rotate/plugin-kit";
import type { Readable } from "node:stream";

/** One line, in either direction, bytes. */
export const maxFrame = 1024 * 1024;
/** Characters of an error's message, and of its hint. */
const maxText = 2048;

/** A JSON object. */
export type Frame = Readonly<Record<string, unknown>>;

/** True for an object that is no list. */
export function isFrame(value: unknown): value is Frame {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A BAD_ANSWER of a program. The message never quotes what it wrote. */
export function badFrame(message: string): RotateError {
  return badAnswer(message, "a fault of the plugin: docs/plugin-protocol.md says what it may write");
}

function decoded(decoder: TextDecoder, line: Buffer): string {
  try {
    return decoder.decode(line);
  } catch {
    throw badFrame("it wrote a line that is not UTF-8");
  }
}

/** Splits a stream into lines of UTF-8. After the first fault, which is told once, nothing more is read; what `onFrame` throws is one. */
export function readFrames(
  stream: Readable,
  { onFrame, onFault }: { readonly onFrame: (frame: Frame) => void; readonly onFault: (why: RotateError) => void },
): void {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let parts: Buffer[] = [];
  let size = 0;
  let over = false;
  function fail(why: RotateError): void {
    over = true;
    parts = [];
    onFault(why);
  }
  function take(line: Buffer): void {
    try {
      onFrame(parseFrame(decoded(decoder, line)));
    } catch (error) {
      if (!(error instanceof RotateError)) throw error;
      fail(error);
    }
  }
  stream.on("error", () => undefined); // its end tells
  stream.on("data", (chunk: Buffer) => {
    for (let from = 0; !over && from < chunk.length;) {
      const at = chunk.indexOf(10, from);
      const piece = chunk.subarray(from, at < 0 ? chunk.length : at);
      size += piece.length;
      parts.push(piece);
      if (size > maxFrame) return fail(badFrame("it wrote a line of more than 1 MiB"));
      if (at < 0) return;
      const line = Buffer.concat(parts);
      parts = [];
      size = 0;
      from = at + 1;
      take(line);
    }
  });
  stream.on("end", () => {
    if (!over && size > 0) fail(badFrame("its last line has no line feed"));
  });
}

const forbidden: readonly string[] = ["__proto__", "constructor", "prototype"];

/** One line as a frame. Throws BAD_ANSWER. */
export function parseFrame(line: string): Frame {
  const value = parsed(line);
  if (!isFrame(value))
    throw badFrame("it wrote a line that is no JSON object: what is for people goes to standard error");
  return value;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line, (key, value: unknown) => {
      if (forbidden.includes(key)) throw badFrame(`it wrote the key ${key}`);
      if (typeof value === "number" && !Number.isFinite(value)) throw badFrame("it wrote a number that is too large");
      return value;
    });
  } catch (error) {
    if (error instanceof RotateError) throw error;
    throw badFrame("it wrote a line that is not JSON: what is for people goes to standard error");
  }
}

const errorKeys: readonly string[] = ["code", "message", "retryable", "hint", "retryAfter", "noEffect", "person"];

/** What a program says went wrong, as the error that a built-in would throw. Throws BAD_ANSWER when it is none. */
export function errorOf(said: unknown): RotateError {
  if (!isFrame(said)) throw badFrame("its `error` is no object");
  const unknown = Object.keys(said).find((key) => !errorKeys.includes(key));
  if (unknown !== undefined) throw badFrame("its `error` has a key that no error has");
  const { code, message, retryable, hint, retryAfter, noEffect, person } = said;
  if (!errorCodes.includes(code as ErrorCode) || typeof message !== "string" || typeof retryable !== "boolean")
    throw badFrame("its `error` needs a known `code`, a `message` and `retryable`");
  if (retryAfter !== undefined && !(Number.isSafeInteger(retryAfter) && Number(retryAfter) >= 0))
    throw badFrame("its `retryAfter` is no number of milliseconds");
  if (hint !== undefined && typeof hint !== "string") throw badFrame("its `hint` is no text");
  for (const flag of [noEffect, person])
    if (flag !== undefined && typeof flag !== "boolean") throw badFrame("a flag of its `error` is not true or false");
  return new RotateError(bounded(message), {
    code: code as ErrorCode,
    retryable,
    ...(typeof hint === "string" && { hint: bounded(hint) }),
    ...(retryAfter !== undefined && { retryAfter: Number(retryAfter) }),
    ...(typeof noEffect === "boolean" && { noEffect }),
    ...(person === true && { person }),
  });
}

/** A longer text is left out whole: a secret that is cut in two is no longer known by the masker. */
function bounded(text: string): string {
  return text.length > maxText ? `(its text of ${text.length} characters is left out)` : text;
}
