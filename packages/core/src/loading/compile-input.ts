/** Compiles a spec that was not compiled before: what a start whose spec has not changed does not load. */
import { isRotateError } from "@rotate/plugin-kit";
import type { Catalog } from "./catalog.ts";
import { soundnessOf, type FoundParts } from "./compile/context.ts";
import { expandRotations, type RawRotation } from "./compile/foreach.ts";
import { compileSpec } from "./compile/spec.ts";
import { toDiagnostics } from "./diagnostics.ts";
import { valueAt, type Fault } from "./fault.ts";
import type { FillContext } from "./fill.ts";
import type { Input } from "./input.ts";
import { places, type Kind } from "./kinds.ts";
import type { LoadedSpec, LoadOptions } from "./load-options.ts";
import type { Spec } from "./model.ts";
import { findParts, partPlacesOf, type PartPlace } from "./part-places.ts";
import type { JsonSchema } from "./rewrite.ts";
import type { RootWorld } from "./roots/world.ts";
import { readSource, type Source } from "./source.ts";
import { partSchema, requestSchema, specSchema } from "./spec-schema.ts";
import { createTemplateParser } from "./templates.ts";
import { faultsOf } from "./validate.ts";
import type { Check } from "./validator.ts";
import { visibilityOf } from "./visibility.ts";
import { scalarText } from "./scalar-text.ts";

/** What is compiled with, and who is told of what it took in. */
export interface CompileOptions extends LoadOptions {
  readonly home: string;
  readonly world: RootWorld;
  readonly onList: (list: Input) => void;
  /** What others wrote is held against its approval at each load: such a spec is compiled anew. */
  readonly onThirdParty: () => void;
}

/** The spec with everything that is wrong with it. Does not throw for anything that a spec can hold. */
export async function compileInput(input: Input, options: CompileOptions): Promise<LoadedSpec> {
  const source = await readSource(input.text);
  if (source.broken || source.value === null || source.value === undefined) return refuse(input, source);
  return check(source, input, options);
}

async function refuse(input: Input, source: Source): Promise<LoadedSpec> {
  const empty: Fault = {
    path: [],
    message: "the spec is empty",
    hint: "it begins with `version: 1` and needs `providers` and `rotations`",
  };
  const faults = source.broken ? source.faults : [...source.faults, empty];
  return {
    spec: undefined,
    diagnostics: await toDiagnostics(faults, { file: input.file, source, isShown: () => false }),
  };
}

async function check(source: Source, input: Input, options: CompileOptions): Promise<LoadedSpec> {
  const faults: Fault[] = [...source.faults];
  const report = (fault: Fault): void => void faults.push(fault);
  const fill = { directory: input.directory, home: options.home, report };
  const { parts, spec } = await build(source.value, { fill, input, options, faults });
  const errors = faults.filter(({ severity }) => severity === undefined);
  // A warning beside an error is mostly its echo: a name that is not used because it is misspelt elsewhere.
  const diagnostics = await toDiagnostics(errors.length > 0 ? errors : faults, {
    file: input.file,
    source,
    isShown: visibilityOf(source.value, parts),
  });
  const usable = errors.every(({ holdsBack }) => holdsBack !== undefined);
  if (spec === undefined || !usable) return { spec: undefined, diagnostics };
  const warnings = diagnostics.filter(({ severity }) => severity === "warning");
  return { spec: { ...spec, heldBack: heldBackBy(errors), warnings }, diagnostics };
}

/** Each family once, for the first thing that is wrong with its list. */
function heldBackBy(faults: readonly Fault[]): Spec["heldBack"] {
  const families = Map.groupBy(faults, ({ holdsBack }) => holdsBack ?? "");
  return [...families].map(([family, [first]]) => ({
    family,
    code: "ROTATE_LIST_INVALID" as const,
    message: first!.message,
    hint: first!.hint,
  }));
}

interface Building {
  readonly fill: FillContext;
  readonly input: Input;
  readonly options: CompileOptions;
  readonly faults: Fault[];
}

interface Built {
  readonly parts: FoundParts;
  readonly spec: Omit<Spec, "warnings"> | undefined;
}

async function build(document: unknown, { fill, input, options, faults }: Building): Promise<Built> {
  const { report } = fill;
  const before = faults.length;
  const catalog = await withThirdParties(document, { fill, input, options, faults });
  // Which types there are is not known: whatever else were told would mostly be the echo of it.
  if (faults.slice(before).some(({ severity }) => severity === undefined))
    return { parts: { get: () => undefined }, spec: undefined };
  const rotations = await expandRotations(valueAt(document, ["rotations"]), { ...fill, onList: options.onList });
  const named = partPlacesOf(document, rotations);
  const parts = await findNamed(catalog, named, report);
  const checks = [
    coreCheck(document, catalog),
    ...partChecks(named, parts),
    ...requestChecks(document, rotations, parts),
  ];
  (await faultsOf(checks)).forEach(report);
  const parse = await createTemplateParser([...rotations.map(({ value }) => value), valueAt(document, ["serve"])]);
  const compilation = { parts, parse, fill, report, isSound: soundnessOf([...faults]) };
  const spec = await compileSpec(document, rotations, { origin: input, compilation, world: options.world });
  return { parts, spec };
}

/** The catalog with the plugins that the spec names; what cannot be loaded is a fault of the spec at that line. */
async function withThirdParties(document: unknown, { input, options, fill }: Building): Promise<Catalog> {
  const names = valueAt(document, ["plugins"]);
  if (!Array.isArray(names)) return options.catalog;
  let { catalog } = options;
  for (const [index, name] of names.entries()) {
    if (typeof name !== "string") continue;
    options.onThirdParty();
    const problem = "this command takes built-in plugins only";
    try {
      const plugin = await options.loadPlugin?.(name, input.directory);
      if (plugin === undefined) fill.report({ path: ["plugins", index], message: problem });
      else catalog = catalog.with([plugin]);
      if (plugin !== undefined && "warning" in plugin)
        fill.report({ path: ["plugins", index], message: plugin.warning, severity: "warning" });
    } catch (error) {
      fill.report({ path: ["plugins", index], ...pluginFault(error) });
    }
  }
  return catalog;
}

function pluginFault(error: unknown): Pick<Fault, "message" | "hint"> {
  if (!isRotateError(error)) throw error;
  return { message: error.message, hint: error.hint };
}

async function findNamed(
  catalog: Catalog,
  named: readonly PartPlace[],
  report: (fault: Fault) => void,
): Promise<FoundParts> {
  try {
    return await findParts(catalog, named);
  } catch (error) {
    report({ path: [], ...pluginFault(error) });
    return { get: () => undefined };
  }
}

/** The first pass: everything but the plugins' options. */
function coreCheck(value: unknown, catalog: Catalog): Check {
  const schema = specSchema((place) => ({
    type: "object",
    properties: { type: { enum: typesIn(catalog, places[place].kind) } },
    required: ["type"],
  }));
  return { schema, value, path: [] };
}

/** A catalog that has none of a kind takes none: a list of words cannot be empty. */
function typesIn(catalog: Catalog, kind: Kind): readonly string[] {
  const types = catalog.types(kind);
  return types.length === 0 ? ["(no plugin has any)"] : types;
}

/** The second pass: each part's options against its own plugin's schema. */
function partChecks(named: readonly PartPlace[], parts: FoundParts): readonly Check[] {
  const schemas = new Map<string, JsonSchema>();
  return named.flatMap(({ kind, place, value, path }) => {
    const part = parts.get(kind, value["type"]);
    if (part === undefined) return [];
    const key = `${place} ${part.type}`;
    const schema = schemas.get(key) ?? partSchema(kind, part, places[place]);
    schemas.set(key, schema);
    return [{ schema, value, path }];
  });
}

/** Of the second pass too: a request against the schema of the provider that it names. */
function requestChecks(document: unknown, rotations: readonly RawRotation[], parts: FoundParts): readonly Check[] {
  const schemas = new Map<string, JsonSchema>();
  return rotations.flatMap(({ value, path }) => {
    const type = valueAt(document, ["providers", scalarText(valueAt(value, ["provider"])), "type"]);
    const part = parts.get("providers", type);
    const request = valueAt(value, ["request"]) ?? {};
    if (part === undefined || typeof request !== "object") return [];
    const schema = schemas.get(part.type) ?? requestSchema(part.request);
    schemas.set(part.type, schema);
    return [{ schema, value: request, path: [...path, "request"] }];
  });
}
