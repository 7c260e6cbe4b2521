import type { ObjectSchema, Sink } from "@rotate/plugin-kit";
import { engineKeys } from "./engine-keys.ts";
import type { Kind, Parts, PlaceName } from "./kinds.ts";
import { namePattern, nameRule } from "./names.ts";
import { choice, rewrite, type JsonSchema, type Place } from "./rewrite.ts";
import { auditSettings, defaultsSettings, monitorSettings, rotationSettings, stateSettings } from "./settings.ts";

const settings: Place = { references: false, templates: false };
const services: Place = { references: true, templates: false };
const requests: Place = { references: true, templates: false };

type RewrittenObject = JsonSchema & { readonly properties: object; readonly required?: readonly string[] };

/** The schema of a plugin's part as it stands in a spec, with the engine's keys in it. */
export function partSchema(kind: Kind, part: Parts[Kind], place: Place): JsonSchema {
  const { properties, required = [], ...rest } = rewrite(part.options, place) as RewrittenObject;
  const engine: ObjectSchema = { type: "object", properties: engineKeys[kind] };
  // The engine goes by its own keys before anything is resolved: a reference there would be no length and no path.
  const own = rewrite(engine, settings) as RewrittenObject;
  const more = specialKeys(kind, part);
  return {
    ...rest,
    properties: { type: { const: part.type }, ...properties, ...own.properties, ...more },
    required: ["type", ...required, ...Object.keys(more), ...(kind === "endpoints" ? ["listen"] : [])],
  };
}

/** Keys of the engine that our subset of JSON Schema has no words for; all of them are required. */
function specialKeys(kind: Kind, part: Parts[Kind]): Readonly<Record<string, JsonSchema>> {
  if (kind === "endpoints") return { rotation: servedSchema };
  const values = kind === "sinks" ? valuesSchema(part as Sink) : undefined;
  return values === undefined ? {} : { values };
}

const servedSchema: JsonSchema = {
  description: "the rotation whose credential is given; a list of names and globs where the type serves several",
  ...choice(
    { type: "array" },
    { type: "array", items: { type: "string", minLength: 1 }, minItems: 1 },
    { type: "string", minLength: 1, description: "the name of a rotation" },
  ),
};

function valuesSchema({ keys }: Sink): JsonSchema | undefined {
  if (keys === undefined) return undefined;
  return {
    type: "object",
    description: "what is written: a template such as {{ token }} by destination key",
    propertyNames: { pattern: `^(?:${keys.pattern})$`, description: keys.description },
    additionalProperties: { type: "string", description: "a template" },
    minProperties: 1,
  };
}

/** The schema of a request to a provider; without one it takes nothing. */
export function requestSchema(request: ObjectSchema | undefined): JsonSchema {
  return rewrite(request ?? { type: "object" }, requests);
}

/** How the parts at a place are described: only by their types, or with all options of the plugins. */
export type DescribePart = (place: PlaceName) => JsonSchema;

/** The whole spec. `describePart` decides how much of the plugins is in it. */
export function specSchema(describePart: DescribePart): JsonSchema {
  return {
    type: "object",
    properties: {
      version: { const: 1, description: "the version of this format" },
      name: named("names the state; default: the file's name and a hash of its path"),
      stateDir: { type: "string", minLength: 1, description: "where the state is kept; relative to the spec" },
      state: rewrite(stateSettings, services),
      plugins: {
        type: "array",
        description: "programs by others, by path (docs/plugin-protocol.md); built-in plugins need no entry",
        items: { type: "string", minLength: 1 },
        uniqueItems: true,
      },
      defaults: rewrite(defaultsSettings, settings),
      providers: mapOf("what mints, by name", describePart("providers")),
      reloads: mapOf("reloads that several rotations share, by name", describePart("reloads")),
      groups: mapOf(
        "where machines see whose turn it is in a group of reloads, by the name of the group",
        describePart("groups"),
      ),
      rotations: {
        ...mapOf("credentials that are kept fresh, by name", rotationSchema(describePart)),
        minProperties: 1,
      },
      notify: listOf("who is told when something is wrong", describePart("notifiers")),
      monitor: rewrite(monitorSettings, services),
      serve: mapOf(
        "where consumers ask for their credentials, by name; opened by `rotate watch`",
        describePart("endpoints"),
      ),
      audit: rewrite(auditSettings, settings),
    },
    required: ["version", "providers", "rotations"],
    patternProperties: { "^x-": true },
    additionalProperties: false,
  };
}

function named(description: string): JsonSchema {
  return { type: "string", pattern: namePattern, description: `${description} (${nameRule})` };
}

function mapOf(description: string, additionalProperties: JsonSchema): JsonSchema {
  return {
    type: "object",
    description,
    propertyNames: { pattern: namePattern, description: nameRule },
    additionalProperties,
  };
}

function rotationSchema(describePart: DescribePart): JsonSchema {
  const { properties } = rewrite(rotationSettings, settings) as { properties: object };
  return {
    type: "object",
    properties: {
      ...properties,
      request: { type: "object", description: "what is asked of the provider" },
      verify: listOf("probes that run with the new credential before it is written", describePart("verify")),
      sinks: listOf(
        "where the credential is written, in this order; may be absent where `serve` gives it",
        describePart("sinks"),
      ),
      reload: listOf(
        "what makes the consumers pick it up, in this order: names from `reloads`, or reloads themselves",
        choice({ type: "string" }, { description: "a name from `reloads`" }, describePart("reloads")),
      ),
      health: listOf("probes of the consumers after the reload", describePart("health")),
    },
    required: ["provider"],
    additionalProperties: false,
  };
}

function listOf(description: string, items: JsonSchema): JsonSchema {
  return { type: "array", description, items };
}
