import { badAnswer, invalid, type RotateError, type Expires, type Fields } from "@rotate/plugin-kit";
import { at, type Document, parseObject, pointerTo, requiredAt, textAt } from "../document.ts";
import { instant } from "../expiry.ts";
import type { Request } from "../request.ts";
import { type Format, present, type ReadParts } from "./format.ts";

type Declared = NonNullable<Request["fields"]>[string];

/** Any JSON object: a pointer for each field, and one for the expiry. */
export const json: Format = {
  fields: declaredFields,
  parse: parseObject,
  read: readDeclared,
  expires: expiresAt,
};

/** The fields that the request names. */
export function declaredFields({ fields = {} }: Request): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, declared]) => [name, fieldOf(name, declared)]));
}

function fieldOf(name: string, { pointer, secret, multiline, optional }: Declared): Fields[string] {
  return {
    secret: secret !== false,
    description: `${pointer ?? pointerTo(name)} of the output.`,
    ...(multiline === true && { multiline: true as const }),
    ...(optional === true && { optional: true as const }),
  };
}

/** Reads them out of a document. Throws BAD_ANSWER for one that is missing and not optional. */
export function readDeclared(document: Document, { asked, secret }: ReadParts): ReturnType<Format["read"]> {
  const entries = Object.entries(asked.fields ?? {}).map(([name, declared]) => {
    const read = declared.optional === true ? textAt : requiredAt;
    const text = read(document, declared.pointer ?? pointerTo(name));
    return [name, text !== undefined && declared.secret !== false ? secret(text, name) : text] as const;
  });
  if (entries.length > 0) return present(Object.fromEntries(entries));
  throw noFields();
}

/** The request names no field, so whatever the command prints is of no use. */
export function noFields(): RotateError {
  return invalid("no field is read from the output", "name the fields of the credential in `fields` of the request");
}

function expiresAt(document: Document, { expires }: Request): Expires | undefined {
  if (expires === undefined) return undefined;
  const { pointer, unit } = expires;
  if (unit === "timestamp") return instant(requiredAt(document, pointer));
  const perUnit = unit === "seconds" || unit === "unix-seconds" ? 1000 : 1;
  const time = numberAt(document, pointer) * perUnit;
  if (Math.abs(time) > farthest) throw tooFar(pointer);
  return unit === "seconds" || unit === "milliseconds" ? { in: time } : new Date(time);
}

/** What a `Date` can hold at most, ms. */
const farthest = 8.64e15;

function tooFar(pointer: string): RotateError {
  return badAnswer(
    `${pointer} of the output is so large that no calendar reaches to it`,
    "is the `unit` of `expires` right? For a credential that never ends leave `expires` out, and write `neverExpires: true`",
  );
}

/** A number, also one written as text, as many token endpoints do. */
function numberAt(document: Document, pointer: string): number {
  const value = at(document, pointer);
  const count = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof count === "number" && !Number.isNaN(count)) return count;
  throw badAnswer(`${pointer} of the output is not a number`, "correct `expires`, or what the command prints");
}
