import type { Infer } from "@rotate/plugin-kit";
import type { OptionTree } from "@rotate/runtime";
import { isRecord, nameOf, valueAt, type Fault } from "../fault.ts";
import { absolutePath, fillOptions } from "../fill.ts";
import type { Rotation, Spec } from "../model.ts";
import { auditSettings, defaultsSettings, monitorSettings, stateSettings } from "../settings.ts";
import type { Compilation } from "./context.ts";
import { listsOf, type RawRotation } from "./foreach.ts";
import { checkCrons } from "./crons.ts";
import { compileGroup, compileNotifier, compileProvider, compileReload } from "./parts.ts";
import { checkPlaces } from "./places.ts";
import { checkRefresh, cronsOf } from "./refresh.ts";
import { compileRotation, type Shared } from "./rotation.ts";
import type { RootedSpec } from "../roots/roots.ts";
import type { RootWorld } from "../roots/world.ts";
import { findOwnRoots, findOwnVariables } from "./own-roots.ts";
import { compileServe } from "./serving.ts";
import { findDoubleWriters, findSplits } from "./writers.ts";

/** Where the document comes from. */
export interface Origin {
  readonly file: string;
  readonly directory: string;
  /** The spec's name unless it says one; undefined when there is none to take. */
  readonly name: () => string | undefined;
  /** It is reached through a link, which may lead elsewhere tomorrow. */
  readonly linked: boolean;
}

interface Compiling {
  readonly origin: Origin;
  readonly compilation: Compilation;
  readonly world: RootWorld;
}

/** Builds the spec of a document that passed, or partly passed, its schema. It is worth something only when nothing was reported. */
export async function compileSpec(
  document: unknown,
  rotations: readonly RawRotation[],
  { origin, compilation, world }: Compiling,
): Promise<Omit<Spec, "warnings">> {
  const { report } = compilation;
  const shared = sharedOf(document, compilation);
  const compiled = rotations.map((raw) => compileRotation(raw, shared, compilation));
  const writes = compiled.map((one) => one.writes);
  const crons = [...cronsOf(shared.defaults.refresh), ...compiled.flatMap((one) => one.crons)];
  const unserved = compiled.flatMap(({ rotation }) => rotation ?? []);
  const { serve, rotations: found } = compileServe(document, { raws: rotations, rotations: unserved }, compilation);
  const faults = [
    ...checkRefresh(shared.defaults.refresh),
    ...findDoubleWriters(writes),
    ...writes.flatMap(findSplits),
    ...writes.flatMap(findOwnVariables),
    ...(await checkCrons(crons)),
    ...findDoubleNames(rotations),
    ...checkRenames(found, rotations),
    ...checkPlaces(document, found),
    ...findUnused(document, shared, rotations),
    ...checkName(document, origin),
  ];
  faults.forEach(report);
  const spec = specOf(document, { rotations: found, serve }, { shared, origin, compilation });
  findOwnRoots(soundPart(spec, document, compilation), writes, world).forEach(report);
  return spec;
}

function specOf(
  document: unknown,
  { rotations, serve }: Pick<Spec, "rotations" | "serve">,
  { shared, origin, compilation }: Omit<Compiling, "world"> & { readonly shared: Shared },
): Omit<Spec, "warnings"> {
  const { fill } = compilation;
  const stateDir = textAt(document, "stateDir");
  return {
    version: 1,
    name: textAt(document, "name") ?? origin.name() ?? "",
    file: origin.file,
    directory: origin.directory,
    stateDir: stateDir === undefined ? undefined : absolutePath(stateDir, fill),
    providers: new Map(
      [...shared.providers].flatMap(([name, entry]) => (entry === undefined ? [] : [[name, entry] as const])),
    ),
    rotations,
    lists: listsOf(valueAt(document, ["rotations"]), fill),
    heldBack: [],
    plugins: pluginsIn(document),
    serve,
    groups: [...entriesOf(document, "groups", (name, located) => compileGroup(name, located, compilation))].flatMap(
      ([, entry]) => entry ?? [],
    ),
    ...servicesOf(document, compilation),
  };
}

/** Without the providers that have a fault: they have no options to ask about. */
function soundPart(spec: Omit<Spec, "warnings">, document: unknown, { isSound }: Compilation): RootedSpec {
  const isWhole = (name: string): boolean => isSound(["providers", name]);
  return {
    ...spec,
    providers: new Map([...spec.providers].filter(([name]) => isWhole(name))),
    plugins: pluginsIn(document),
  };
}

function pluginsIn(document: unknown): readonly string[] {
  const named = valueAt(document, ["plugins"]);
  return Array.isArray(named) ? named.filter((name) => typeof name === "string") : [];
}

function textAt(document: unknown, key: string): string | undefined {
  const value = valueAt(document, [key]);
  return typeof value === "string" ? value : undefined;
}

function sharedOf(document: unknown, compilation: Compilation): Shared {
  const defaults = compilation.isSound(["defaults"]) ? valueAt(document, ["defaults"]) : undefined;
  const filled = fillOptions(defaultsSettings, defaults, { path: ["defaults"], context: compilation.fill }) as Infer<
    typeof defaultsSettings
  >;
  return {
    providers: entriesOf(document, "providers", (name, located) => compileProvider(name, located, compilation)),
    reloads: entriesOf(document, "reloads", (name, located) => compileReload(name, located, compilation)),
    defaults: { refresh: { value: filled.refresh ?? {}, path: ["defaults", "refresh"] }, retry: filled.retry ?? {} },
  };
}

type Build<T> = (name: string, located: { readonly value: unknown; readonly path: readonly string[] }) => T;

function entriesOf<T>(document: unknown, key: string, build: Build<T>): ReadonlyMap<string, T> {
  const map = valueAt(document, [key]);
  const entries = isRecord(map) ? Object.entries(map) : [];
  return new Map(entries.map(([name, value]) => [name, build(name, { value, path: [key, name] })]));
}

function servicesOf(document: unknown, compilation: Compilation): Pick<Spec, "notify" | "monitor" | "audit" | "state"> {
  const { fill, isSound } = compilation;
  const notify = valueAt(document, ["notify"]);
  const audit = isSound(["audit"]) ? valueAt(document, ["audit"]) : undefined;
  const state = isSound(["state"]) ? valueAt(document, ["state"]) : undefined;
  const monitor = isSound(["monitor"]) ? valueAt(document, ["monitor"]) : undefined;
  return {
    notify: Array.isArray(notify)
      ? notify.flatMap(
          (value: unknown, index) => compileNotifier({ value, path: ["notify", index] }, compilation) ?? [],
        )
      : [],
    ...(audit !== undefined && {
      audit: fillOptions(auditSettings, audit, { path: ["audit"], context: fill }) as { readonly file: string },
    }),
    ...(state !== undefined && {
      state: fillOptions(stateSettings, state, { path: ["state"], context: fill }),
    }),
    monitor:
      monitor === undefined ? undefined : fillOptions(monitorSettings, monitor, { path: ["monitor"], context: fill }),
  };
}

function findDoubleNames(rotations: readonly RawRotation[]): readonly Fault[] {
  const seen = new Set<string>();
  return rotations.flatMap(({ name, path }) => {
    if (!seen.has(name)) return seen.add(name) && [];
    return [
      {
        path,
        at: "key" as const,
        message: `two rotations have the name "${name}"`,
        hint: "one is made by `foreach`: rename the other",
      },
    ];
  });
}

function checkRenames(found: readonly Rotation[], rotations: readonly RawRotation[]): readonly Fault[] {
  const names = new Map(rotations.map(({ name, path }) => [name, path]));
  const taken = new Map<string, string>();
  return found.flatMap(({ name, renamedFrom }) => {
    if (renamedFrom === undefined) return [];
    const path = [...(names.get(name) ?? []), "renamedFrom"];
    const other = taken.get(renamedFrom);
    taken.set(renamedFrom, name);
    if (names.has(renamedFrom))
      return [
        {
          path,
          message: `${nameOf(path)} is "${renamedFrom}", which is still a rotation`,
          hint: "remove the old one, or this line",
        },
      ];
    return other === undefined
      ? []
      : [{ path, message: `${nameOf(path)} is "${renamedFrom}", which "${other}" was renamed from too` }];
  });
}

/** Entries that nothing names: harmless, but often a sign of a wrong name elsewhere. */
function findUnused(document: unknown, shared: Shared, rotations: readonly RawRotation[]): readonly Fault[] {
  // A family that is held back has no rotation, and yet it uses what it names.
  const written = valueAt(document, ["rotations"]);
  const values = [...rotations.map(({ value }) => value), ...Object.values(isRecord(written) ? written : {})] as (
    | OptionTree
    | undefined
  )[];
  const providers = new Set(values.map((value) => value?.["provider"]));
  const reloads = new Set(values.flatMap((value) => value?.["reload"]));
  return [
    ...unusedIn("providers", shared.providers, providers),
    ...unusedIn("reloads", shared.reloads, reloads),
    ...unusedGroups(document, values),
  ];
}

/** A group that no reload is of, named or inline. */
function unusedGroups(document: unknown, values: readonly unknown[]): readonly Fault[] {
  const named = Object.values(recordOf(valueAt(document, ["reloads"])));
  const inline = values.flatMap((value) => recordOf(value)["reload"]);
  const used = new Set([...named, ...inline].map((reload) => recordOf(recordOf(reload)["group"])["name"]));
  return Object.keys(recordOf(valueAt(document, ["groups"]))).flatMap((name) => {
    const path = ["groups", name];
    const message = `${nameOf(path)} is not the group of any reload`;
    return used.has(name) ? [] : [{ path, at: "key" as const, severity: "warning" as const, message }];
  });
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

function unusedIn(key: string, entries: ReadonlyMap<string, unknown>, used: ReadonlySet<unknown>): readonly Fault[] {
  return [...entries.keys()].flatMap((name) => {
    const path = [key, name];
    return used.has(name)
      ? []
      : [
          {
            path,
            at: "key" as const,
            severity: "warning" as const,
            message: `${nameOf(path)} is not used by any rotation`,
          },
        ];
  });
}

function checkName(document: unknown, origin: Origin): readonly Fault[] {
  if (valueAt(document, ["name"]) !== undefined) return [];
  const name = origin.name();
  if (name !== undefined && !origin.linked) return [];
  if (name !== undefined)
    return [
      {
        path: [],
        severity: "warning",
        message:
          "the spec has no name and is reached through a link: its state is named after the file that the link leads to, and begins anew when it leads elsewhere",
        hint: `add \`name: ${name}\` to keep the present state`,
      },
    ];
  return [
    {
      path: [],
      message: "a spec on standard input needs a name",
      hint: "add `name: …`: it names the state, where the credentials' leases are kept",
    },
  ];
}
