import { isRotateError } from "@rotate/plugin-kit";
import { homeDirectory } from "@rotate/runtime";
import type { Catalog, LazyPlugin, LoadedPlugin } from "./catalog.ts";
import { cachedAt, openSpecCache, type SpecCacheOptions } from "./cache/spec-cache.ts";
import { soundnessOf, type FoundParts } from "./compile/context.ts";
import { expandRotations, type RawRotation } from "./compile/foreach.ts";
import { compileSpec } from "./compile/spec.ts";
import { toDiagnostics, withoutPlace } from "./diagnostics.ts";
import { valueAt, type Fault } from "./fault.ts";
import type { FillContext } from "./fill.ts";
import { readInput, type Input, type InputOptions } from "./input.ts";
import type { Diagnostic, Spec } from "./model.ts";
import type { Kind } from "./kinds.ts";
import { findParts, partPlacesOf, type PartPlace } from "./part-places.ts";
import { readSource, type Source } from "./source.ts";
import { findEndangered } from "./roots/endangered.ts";
import type { RootWorld } from "./roots/world.ts";
import { places } from "./kinds.ts";
import { partSchema, requestSchema, specSchema } from "./spec-schema.ts";
import { createTemplateParser } from "./templates.ts";
import { faultsOf } from "./validate.ts";
import type { Check } from "./validator.ts";
import { visibilityOf } from "./visibility.ts";
import type { JsonSchema } from "./rewrite.ts";

/** Where the spec is, which plugins there are, and the surroundings that it is judged in. */
export interface LoadOptions extends InputOptions {
  readonly catalog: Catalog;
  /** What `~/` stands for; default: the home of the running user. */
  readonly home?: string | undefined;
  /** Finds a plugin that the spec names under `plugins`. Without it, such a spec is refused. Throws RotateError when there is none. */
  readonly loadPlugin?: ((name: string, directory: string) => Promise<LoadedPlugin | LazyPlugin>) | undefined;
  /** Default: the process's environment. Names what plugins read by default; no reference is resolved with it. */
  readonly env?: RootWorld["env"] | undefined;
  /** Rotate's own places for a spec, which no sink may write to. Default: none but the cache. */
  readonly own?: RootWorld["own"] | undefined;
  /** Keeps compiled specs for the next time. Without it every spec is compiled. */
  readonly cache?: SpecCacheOptions | undefined;
}

/** A spec, when there is no error among the diagnostics but those of lists: their rotations are held back, the others can be used. */
export interface LoadedSpec {
  readonly spec: Spec | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads, checks and compiles a spec, offline: no reference is resolved, no target looked at.
 * Everything that is wrong is told at once, in file order. Does not throw for anything that a spec can hold.
 */
export async function loadSpec(options: LoadOptions): Promise<LoadedSpec> {
  const input = await readInput(options);
  if (!("text" in input))
    return { spec: undefined, diagnostics: [withoutPlace(input.file, input.message, input.hint)] };
  const home = options.home ?? homeDirectory(process.env);
  const world = worldOf(options, input.file, home);
  const cache = options.cache && input.file !== "-" ? openSpecCache(options.cache, input, home) : undefined;
  const known = await cache?.find(options.catalog);
  // Links and the environment may have changed since: the compiler tells what is wrong, at its place.
  if (known !== undefined && findEndangered(known, world).length === 0)
    return { spec: known, diagnostics: known.warnings };
  options.cache?.onCompile?.();
  const lists: Input[] = [];
  let isKept = true;
  const loaded = await compile(input, {
    ...options,
    home,
    world,
    onList: (list) => void lists.push(list),
    onThirdParty: () => (isKept = false),
  });
  if (isKept && loaded.spec?.heldBack.length === 0) await cache?.keep(loaded.spec, lists);
  return loaded;
}

function worldOf({ env, own, cache }: LoadOptions, file: string, home: string): RootWorld {
  const cached = cache === undefined ? [] : [{ path: cachedAt(cache.directory, file), what: "rotate's own cache" }];
  return {
    env: env ?? { ...process.env, HOME: home },
    own: (spec) => [...cached, ...(own?.(spec) ?? [])],
  };
}

interface CompileOptions extends LoadOptions {
  readonly home: string;
  readonly world: RootWorld;
  readonly onList: (list: Input) => void;
  /** What others wrote is held against its approval at each load: such a spec is compiled anew. */
  readonly onThirdParty: () => void;
}

async function compile(input: Input, options: CompileOptions): Promise<LoadedSpec> {
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
    const type = valueAt(document, ["providers", String(valueAt(value, ["provider"])), "type"]);
    const part = parts.get("providers", type);
    const request = valueAt(value, ["request"]) ?? {};
    if (part === undefined || typeof request !== "object") return [];
    const schema = schemas.get(part.type) ?? requestSchema(part.request);
    schemas.set(part.type, schema);
    return [{ schema, value: request, path: [...path, "request"] }];
  });
}
