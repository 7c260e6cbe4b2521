import { RotateError, type Plugin } from "@rotate/plugin-kit";
import { kinds, kindWord, type Kind, type Parts } from "./kinds.ts";
import { checkPlugin } from "./plugin-check.ts";

/** A plugin that is at hand. */
export interface LoadedPlugin {
  /** The package's name. */
  readonly name: string;
  readonly plugin: Plugin;
  /** What whoever uses it should know, at each load. */
  readonly warning?: string;
}

/** A plugin of which only the types are known until one of them is named by a spec. */
export interface LazyPlugin {
  readonly name: string;
  /** The `type` words that it contributes, by kind. What it turns out to contribute must be exactly these. */
  readonly types: Partial<Readonly<Record<Kind, readonly string[]>>>;
  readonly load: () => Promise<Plugin>;
}

/** Finds what plugins contribute by the word in the spec. */
export interface Catalog {
  /** Every known type of a kind, sorted. */
  readonly types: (kind: Kind) => readonly string[];
  /** The part, its plugin loaded and checked; undefined when no plugin has this type. Throws RotateError INVALID when the plugin is not sound, UNAVAILABLE when it cannot be loaded. */
  readonly find: <K extends Kind>(kind: K, type: string) => Promise<Parts[K] | undefined>;
  /** The same without a check: for a plugin that this very build has found sound before. */
  readonly findChecked: <K extends Kind>(kind: K, type: string) => Promise<Parts[K] | undefined>;
  /** The same catalog and more plugins. Throws as `createCatalog`. */
  readonly with: (plugins: readonly (LoadedPlugin | LazyPlugin)[]) => Catalog;
}

interface Owner {
  readonly name: string;
  readonly plugin: () => Promise<Plugin>;
  /** The same, not checked if it was not yet. */
  readonly asLoaded: () => Promise<Plugin>;
}

/** A catalog of plugins, loaded or lazy. Throws RotateError INVALID when two claim one type of one kind, or a loaded one is not sound. */
export function createCatalog(plugins: readonly (LoadedPlugin | LazyPlugin)[]): Catalog {
  const owners = new Map<string, Owner>();
  for (const plugin of plugins) claimTypes(owners, plugin);
  return {
    types: (kind) =>
      [...owners.keys()]
        .filter((key) => key.startsWith(`${kind} `))
        .map((key) => key.slice(kind.length + 1))
        .toSorted(),
    find: (kind, type) => partIn(owners, "plugin", [kind, type]),
    findChecked: (kind, type) => partIn(owners, "asLoaded", [kind, type]),
    with: (more) => createCatalog([...plugins, ...more]),
  };
}

function claimTypes(owners: Map<string, Owner>, plugin: LoadedPlugin | LazyPlugin): void {
  const owner = { name: plugin.name, ...loadersOf(plugin) };
  for (const kind of kinds) {
    for (const type of typesOf(plugin, kind)) {
      const other = owners.get(`${kind} ${type}`);
      if (other !== undefined) throw claimedTwice(kind, type, [other.name, plugin.name]);
      owners.set(`${kind} ${type}`, owner);
    }
  }
}

function typesOf(plugin: LoadedPlugin | LazyPlugin, kind: Kind): readonly string[] {
  return "load" in plugin ? (plugin.types[kind] ?? []) : plugin.plugin[kind].map(({ type }) => type);
}

function claimedTwice(kind: Kind, type: string, names: readonly string[]): RotateError {
  return new RotateError(`two plugins claim the ${kindWord(kind)} type "${type}": ${names.join(" and ")}`, {
    code: "INVALID",
    retryable: false,
    hint: "leave one of them out of `plugins`",
  });
}

/** Load at the first call and keep the promise, so that a plugin is imported and checked once. */
function loadersOf(plugin: LoadedPlugin | LazyPlugin): Pick<Owner, "plugin" | "asLoaded"> {
  if (!("load" in plugin)) {
    checkPlugin(plugin.name, plugin.plugin);
    const given = async (): Promise<Plugin> => plugin.plugin;
    return { plugin: given, asLoaded: given };
  }
  let loading: Promise<Plugin> | undefined;
  let checking: Promise<Plugin> | undefined;
  const asLoaded = (): Promise<Plugin> => (loading ??= loadLazy(plugin));
  return { asLoaded, plugin: () => (checking ??= asLoaded().then((loaded) => checkLazy(plugin, loaded))) };
}

function loadLazy(lazy: LazyPlugin): Promise<Plugin> {
  return lazy.load().catch((cause: unknown) => {
    throw new RotateError(`plugin ${lazy.name} could not be loaded`, {
      code: "UNAVAILABLE",
      retryable: false,
      hint: `is the package ${lazy.name} installed whole?`,
      cause,
    });
  });
}

function checkLazy(lazy: LazyPlugin, plugin: Plugin): Plugin {
  checkPlugin(lazy.name, plugin);
  for (const kind of kinds) checkPromise(lazy, plugin, kind);
  return plugin;
}

function checkPromise(lazy: LazyPlugin, plugin: Plugin, kind: Kind): void {
  const promised = [...(lazy.types[kind] ?? [])].toSorted().join(", ");
  const found = typesOf({ name: lazy.name, plugin }, kind).toSorted().join(", ");
  if (promised === found) return;
  throw new RotateError(`plugin ${lazy.name} contributes the ${kind} [${found}], not [${promised}]`, {
    code: "INVALID",
    retryable: false,
    hint: "name the same types in its entry",
  });
}

async function partIn<K extends Kind>(
  owners: ReadonlyMap<string, Owner>,
  how: "plugin" | "asLoaded",
  [kind, type]: readonly [K, string],
): Promise<Parts[K] | undefined> {
  const owner = owners.get(`${kind} ${type}`);
  return owner && partOf(await owner[how](), kind, type);
}

function partOf<K extends Kind>(plugin: Plugin, kind: K, type: string): Parts[K] | undefined {
  const parts: readonly { readonly type: string }[] = plugin[kind];
  return parts.find((part) => part.type === type) as Parts[K] | undefined;
}
