import { engineOptions, type Kind } from "../plugin.ts";
import { schemaFaults } from "./faults.ts";
import { isLoose, isRegExp, type Loose } from "./words.ts";

const typePattern = /^[a-z][a-z0-9-]{0,62}$/;

/** What templates name beside the fields of a credential: no field can have these names. */
export const reservedFields: readonly string[] = ["lease", "each"];

/**
 * Where a part breaks the contract by what it says of itself, one sentence each; empty: nowhere. Takes any value.
 * @param where it stands, for the sentences
 */
export function partFaults(kind: Kind, part: unknown, where = typeOf(part)): readonly string[] {
  if (!isLoose(part)) return [`${where}: not an object`];
  const { type, options } = part;
  const owned: readonly string[] = engineOptions[kind];
  return [
    ...(typeof type === "string" && typePattern.test(type)
      ? []
      : [`${where}: a type is lower-case letters, digits and dashes`]),
    ...propertiesOf(options)
      .filter((name) => owned.includes(name))
      .map((name) => `${where}: the option "${name}" belongs to the engine`),
    ...schemaFaults(options, where),
    ...(kind === "providers" ? providerFaults(part, where) : []),
    ...(kind === "sinks" ? [...keyFaults(part["keys"], where), ...lateFaults(part["lateWrites"], where)] : []),
  ];
}

function typeOf(part: unknown): string {
  return isLoose(part) && typeof part["type"] === "string" ? part["type"] : "a part";
}

function propertiesOf(schema: unknown): readonly string[] {
  return isLoose(schema) && isLoose(schema["properties"]) ? Object.keys(schema["properties"]) : [];
}

function providerFaults({ request, handle, fields }: Loose, where: string): readonly string[] {
  const taken = isLoose(fields) ? Object.keys(fields).filter((name) => reservedFields.includes(name)) : [];
  return [
    ...(request === undefined ? [] : requestFaults(request, `${where}.request`)),
    ...(handle === undefined ? [] : schemaFaults(handle, `${where}.handle`)),
    ...taken.map((name) => `${where}: a field cannot be named "${name}"`),
  ];
}

function requestFaults(request: unknown, where: string): readonly string[] {
  const properties = isLoose(request) && isLoose(request["properties"]) ? request["properties"] : {};
  const ttl = Object.hasOwn(properties, "ttl") ? properties["ttl"] : undefined;
  const isDuration = isLoose(ttl) && ttl["format"] === "duration";
  return [
    ...(ttl === undefined || isDuration ? [] : [`${where}: \`ttl\` is the life asked for, a duration`]),
    ...schemaFaults(request, where),
  ];
}

/** A sink's `keys` say which names of values it takes. */
function keyFaults(keys: unknown, where: string): readonly string[] {
  if (keys === undefined) return [];
  const pattern = isLoose(keys) ? keys["pattern"] : undefined;
  return isRegExp(pattern) ? [] : [`${where}.keys: the pattern ${String(pattern)} is no regular expression`];
}

function lateFaults(late: unknown, where: string): readonly string[] {
  const isLength = Number.isSafeInteger(late) && Number(late) > 0;
  return late === undefined || isLength ? [] : [`${where}.lateWrites: not a whole number of milliseconds above 0`];
}
