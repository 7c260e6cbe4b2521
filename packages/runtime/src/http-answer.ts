import { type HttpAnswer, type Infer, RotateError, type Schema } from "@rotate/plugin-kit";
import { readBySchema, shapeOf } from "./read-by-schema.ts";

/** An answer as it came, whole. */
export interface WireAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
  /** False when only the end of the connection said that it was all: it may be cut. */
  readonly framed: boolean;
  /** Scheme, host and port. */
  readonly origin: string;
}

/** `Retry-After` in milliseconds from `now`: seconds or an HTTP date (RFC 9110 §10.2.3). Undefined when absent or nonsense. */
function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  const text = value?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function badAnswer(message: string, hint?: string): RotateError {
  return new RotateError(message, { code: "BAD_ANSWER", retryable: false, hint });
}

function decode(answer: WireAnswer, ok: boolean): string {
  try {
    return new TextDecoder("utf-8", { fatal: ok }).decode(answer.body);
  } catch {
    throw badAnswer(`the answer of ${answer.origin} is not UTF-8 text`);
  }
}

function headerOf(answer: WireAnswer, name: string): string | undefined {
  const value = answer.headers[name.toLowerCase()];
  return typeof value === "string" ? value : value?.join(", ");
}

function looksLike(answer: WireAnswer): string {
  const type = headerOf(answer, "content-type")?.split(";")[0]?.trim() ?? "";
  const shown = /^[\w.+/-]{1,60}$/.test(type) ? type : "of unknown type";
  return `${shown}, ${answer.body.length} bytes`;
}

function parseJson(answer: WireAnswer, ok: boolean): unknown {
  try {
    return JSON.parse(decode(answer, ok));
  } catch {
    const hint = /html/i.test(looksLike(answer))
      ? "a web page answered: check the host, or a proxy's login page"
      : undefined;
    throw badAnswer(`${answer.origin} did not answer with JSON (${looksLike(answer)})`, hint);
  }
}

/** A cut text cannot be told from a whole one; a cut JSON object can. */
function checkFraming(answer: WireAnswer, selfDelimiting: boolean): void {
  if (answer.framed || selfDelimiting || answer.body.length === 0) return;
  throw badAnswer(
    `the answer of ${answer.origin} does not say where it ends, so it may be cut`,
    "the server must send Content-Length or chunks",
  );
}

function readJson<const S extends Schema>(answer: WireAnswer, ok: boolean, schema: S): Infer<S> {
  const parsed = parseJson(answer, ok);
  checkFraming(answer, typeof parsed === "object" && parsed !== null);
  const { value, faults } = readBySchema(schema, parsed);
  const [first] = faults;
  if (first === undefined) return value as Infer<S>;
  const place = first.path === "" ? "the answer" : first.path;
  throw badAnswer(
    `${answer.origin} did not answer as expected: ${place} was expected: ${first.expected}; got ${shapeOf(parsed)}`,
  );
}

const wire = Symbol("rotate.answer");

/** An answer as it came, of what `makeAnswer` made: to hand it on to another process. */
export function wireAnswerOf(answer: HttpAnswer): WireAnswer | undefined {
  return (answer as { readonly [wire]?: WireAnswer })[wire];
}

/** The plugin's view of an answer. `now` is the wall clock, for a `Retry-After` date. */
export function makeAnswer(answer: WireAnswer, now: number): HttpAnswer {
  const ok = answer.status >= 200 && answer.status <= 299;
  const made: HttpAnswer & { readonly [wire]: WireAnswer } = {
    [wire]: answer,
    status: answer.status,
    ok,
    headers: {
      get: (name) => headerOf(answer, name) ?? null,
      has: (name) => headerOf(answer, name) !== undefined,
    },
    text: () => {
      checkFraming(answer, !ok);
      return decode(answer, ok);
    },
    json: (schema) => readJson(answer, ok, schema),
    tryJson: (schema) => {
      try {
        return readJson(answer, ok, schema);
      } catch (error) {
        if (error instanceof RotateError && error.code === "BAD_ANSWER") return undefined;
        throw error;
      }
    },
    retryAfter: parseRetryAfter(headerOf(answer, "retry-after"), now),
  };
  return made;
}
