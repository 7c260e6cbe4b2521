import type { ObjectSchema, Schema } from "@rotate/plugin-kit";
import { discriminatorOf } from "@rotate/plugin-kit/grammar";
import type { FoundParts } from "./compile/context.ts";
import { isRecord, valueAt, type Path } from "./fault.ts";
import { engineKeys } from "./engine-keys.ts";
import { meets, placeRows, type PartPlaceRow } from "./kinds.ts";
import { scalarText } from "./scalar-text.ts";

/**
 * Whether the text at a path may be shown in a code frame: only where a schema knows the place and does not call it secret.
 * What is misspelt or unknown may be a secret in the wrong place, so it is not shown.
 */
export type IsShown = (path: Path) => boolean;

const plainTop = new Set(["version", "name", "stateDir", "plugins", "defaults", "audit"]);
const plainRotation = new Set([
  "provider",
  "refresh",
  "retry",
  "onFailure",
  "drift",
  "overlap",
  "budget",
  "maxLive",
  "cache",
  "moves",
  "host",
  "runsOn",
  "renamedFrom",
  "foreach",
]);

/** `IsShown` for a document whose plugins were found as far as they are known. */
export function visibilityOf(document: unknown, parts: FoundParts): IsShown {
  return (path) => {
    const [top, , key] = path;
    if (path.length === 0 || plainTop.has(String(top))) return true;
    const part = partAt(path);
    if (part !== undefined) return isPartShown(document, parts, part);
    if (top !== "rotations" || key === undefined) return false;
    if (plainRotation.has(String(key))) return true;
    return key === "request" && isRequestShown(document, parts, path);
  };
}

interface PartPath {
  readonly row: PartPlaceRow;
  readonly base: Path;
  readonly rest: Path;
}

/** The part that a path leads to or into, or the map or list that it stands in. */
function partAt(path: Path): PartPath | undefined {
  for (const [, row] of placeRows) {
    const way = row.at.find(
      (steps) =>
        path.length >= steps.length - 1 && path.slice(0, steps.length).every((given, at) => meets(steps[at], given)),
    );
    if (way !== undefined) return { row, base: path.slice(0, way.length), rest: path.slice(way.length) };
  }
  return undefined;
}

function isPartShown(document: unknown, parts: FoundParts, { row, base, rest }: PartPath): boolean {
  const { kind, isPrivate } = row;
  const [key] = rest;
  if (key === undefined || key === "type") return true;
  const value = valueAt(document, base);
  const part = isRecord(value) ? parts.get(kind, value["type"]) : undefined;
  if (part === undefined) return false;
  if (kind === "sinks" && key === "values") return "keys" in part;
  if (Object.hasOwn(engineKeys[kind], key)) return true;
  return isPrivate !== true && isOptionShown(part.options, value, rest);
}

function isRequestShown(document: unknown, parts: FoundParts, path: Path): boolean {
  const provider = valueAt(document, ["providers", scalarText(valueAt(document, [...path.slice(0, 2), "provider"]))]);
  const part = isRecord(provider) ? parts.get("providers", provider["type"]) : undefined;
  return part?.request !== undefined && isOptionShown(part.request, valueAt(document, path.slice(0, 3)), path.slice(3));
}

function isOptionShown(root: ObjectSchema, value: unknown, path: Path): boolean {
  let schema: Schema | undefined = root;
  let at = value;
  for (const [index, step] of path.entries()) {
    if (schema !== undefined && "type" in schema && schema.type === "string")
      return isReferenceShown(at, path.slice(index));
    schema = schema === undefined ? undefined : below(schema, step, at);
    at = valueAt(at, [step]);
  }
  return schema !== undefined && !("secret" in schema && schema.secret);
}

function below(schema: Schema, step: string | number, value: unknown): Schema | undefined {
  if ("anyOf" in schema) {
    const discriminator = discriminatorOf(schema);
    const member = discriminator?.members.get(isRecord(value) ? value[discriminator.tag] : undefined);
    if (member !== undefined) return below(member, step, value);
    return step === discriminator?.tag ? { type: "string" } : undefined;
  }
  if (!("type" in schema)) return undefined;
  if (schema.type === "array") return schema.items;
  if (schema.type !== "object") return undefined;
  if (Object.hasOwn(schema.properties ?? {}, step)) return schema.properties?.[step];
  return schema.additionalProperties === false ? undefined : schema.additionalProperties;
}

/** Inside a reference stand names and paths; a secret put there by mistake looks like neither. */
function isReferenceShown(reference: unknown, [kind]: Path): boolean {
  const text = valueAt(reference, kind === undefined ? [] : [kind]);
  if (typeof text !== "string") return false;
  if (kind === "env") return /^[A-Z_][A-Z0-9_]{0,63}$/.test(text);
  if (kind === "file") return /^[./~]/.test(text);
  return kind === "credential" && /^[a-z][a-z0-9._-]{0,39}$/.test(text);
}
