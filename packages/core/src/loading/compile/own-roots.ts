import { formatPath, nameOf, type Fault, type Path } from "../fault.ts";
import type { ProviderEntry } from "../model.ts";
import { findEndangered, type Endangered, type Writer } from "../roots/endangered.ts";
import { sourcesIn, type RootedSpec } from "../roots/roots.ts";
import type { RootWorld } from "../roots/world.ts";
import type { CompiledSink } from "./parts.ts";
import type { Writes } from "./writers.ts";

/** Writes that would destroy what the spec stands on, each at the place that writes. */
export function findOwnRoots(spec: RootedSpec, all: readonly Writes[], world: RootWorld): readonly Fault[] {
  const paths = new Map<Writer, Path>([
    ["textfile", ["monitor", "textfile"]],
    ["audit", ["audit", "file"]],
    ...[...spec.providers].map(([name, entry]) => [entry, ["providers", name]] as const),
    ...all.flatMap(({ sinks }) => sinks.map(({ entry, path }) => [entry, path] as const)),
  ]);
  const found = findEndangered(spec, world).map((one) => toFault(one, paths.get(one.writer) ?? []));
  // A file that is both read by a provider and one of its references is told once.
  return [...new Map(found.map((fault) => [`${formatPath(fault.path)} ${fault.message}`, fault])).values()];
}

function toFault({ path, writer, root }: Endangered, at: Path): Fault {
  const where = typeof writer === "string" ? nameOf(at) : writer.where;
  const section = root.section === undefined ? "" : ` [${root.section}]`;
  return { path: at, message: `${where} writes ${path}${section}, which ${root.what}`, hint: root.hint };
}

/** A rotation whose values would reach rotate's own environment under the name of a variable that its provider logs in with. */
export function findOwnVariables({ provider, sinks }: Writes): readonly Fault[] {
  if (provider === undefined) return [];
  const names = sourcesIn(provider.options).flatMap((source) => ("env" in source ? [source.env] : []));
  return sinks.flatMap((sink) => names.flatMap((name) => ownVariable(provider, sink, name) ?? []));
}

function ownVariable(provider: ProviderEntry, { entry, path }: CompiledSink, name: string): Fault | undefined {
  if (!Object.hasOwn(entry.values, name)) return undefined;
  const message = `${name} is written here, and provider "${provider.name}" logs in with the environment variable of that name`;
  const hint =
    "if this reaches rotate's own environment, it logs in with its own product: give one of the two another name";
  return { path: [...path, "values", name], at: "key", message, hint };
}
