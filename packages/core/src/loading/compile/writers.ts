import { isReference, type Source } from "@rotate/runtime";
import { formatPath, isRecord, nameOf, type Fault, type Path } from "../fault.ts";
import type { ProviderEntry } from "../model.ts";
import type { CompiledSink } from "./parts.ts";

/** A rotation's writes, for the checks across rotations. */
export interface Writes {
  readonly rotation: string;
  readonly path: Path;
  readonly provider: ProviderEntry | undefined;
  readonly sinks: readonly CompiledSink[];
}

interface Write {
  readonly rotation: string;
  readonly sink: CompiledSink;
  /** Undefined: the whole target. */
  readonly key: string | undefined;
}

/** Two writers of one target and key: each would undo what the other did. Judged across all rotations. */
export function findDoubleWriters(all: readonly Writes[]): readonly Fault[] {
  const byTarget = Map.groupBy(all.flatMap(writesOf), ({ sink }) => sink.entry.target);
  return [...byTarget].flatMap(([target, writes]) =>
    target === "" || writes.length < 2 ? [] : clashesIn(target, writes),
  );
}

function writesOf({ rotation, sinks }: Writes): readonly Write[] {
  return sinks.flatMap((sink) => {
    const keys = Object.keys(sink.entry.values);
    return (keys.length === 0 ? [undefined] : keys).map((key) => ({ rotation, sink, key }));
  });
}

function clashesIn(target: string, writes: readonly Write[]): readonly Fault[] {
  const [first] = writes;
  const seen = new Map<string, Write>();
  return writes.flatMap((write) => {
    if (first !== undefined && first.sink.entry.type !== write.sink.entry.type)
      return twoKinds(target, first, write) ?? [];
    const clash = clashWith(seen, write);
    seen.set(write.key ?? "", write);
    return clash === undefined ? [] : [doubleWriter(target, clash, write)];
  });
}

/** An earlier write of the same key; of a pointer's ancestor or descendant too, since one lies in the other. */
function clashWith(seen: ReadonlyMap<string, Write>, { key = "" }: Write): Write | undefined {
  const same = seen.get(key);
  if (same !== undefined || !key.startsWith("/")) return same;
  return [...seen].find(
    ([other]) => other.startsWith("/") && (other.startsWith(`${key}/`) || key.startsWith(`${other}/`)),
  )?.[1];
}

/** One kind of sink keeps what it does not know of a file; another kind would not understand that it is there. A virtual target has one kind only. */
function twoKinds(target: string, first: Write, write: Write): Fault | undefined {
  if (!target.startsWith("/") || first.sink.path === write.sink.path) return undefined;
  const { path } = write.sink;
  const message = `${nameOf(path)} writes ${target} as ${write.sink.entry.type}, and ${first.sink.entry.where} writes it as ${first.sink.entry.type}`;
  return { path, message, hint: "one file needs one kind of sink" };
}

function doubleWriter(target: string, first: Write, { sink, key }: Write): Fault {
  const what = key === undefined ? target : `${key} in ${target}`;
  const path = key === undefined ? sink.path : [...sink.path, "values", key];
  return {
    path,
    ...(key !== undefined && { at: "key" as const }),
    message: `${sink.entry.where} writes ${what}, which ${first.sink.entry.where} writes too`,
    hint: "each key has one writer",
  };
}

/**
 * Fields that only work together must not be split: a sink is changed a moment before the next, and a consumer of both would pair old and new.
 * The rule: sinks of one rotation that use fields of the credential use the same ones, unless one says `partial: true`, its consumer needs no more.
 */
export function findSplits({ sinks }: Writes): readonly Fault[] {
  const using = sinks.filter(({ fields }) => fields.length > 0);
  const all = [...new Set(using.flatMap(({ fields }) => fields))];
  return using.flatMap(({ path, fields, partial }) => {
    const missing = all.filter((field) => !fields.includes(field));
    if (missing.length === 0 || partial) return [];
    const message = `${nameOf(path)} writes ${fields.join(", ")} without ${missing.join(", ")}, which another sink of this rotation writes`;
    return [
      {
        path,
        message,
        hint: "two sinks never change in one instant: write all fields to each, or say partial: true if its consumer needs no more",
      },
    ];
  });
}

/** A rotation whose provider reads what the rotation writes would log in with its own product, and lock itself out when that ends. */
export function findOwnSources({ provider, sinks }: Writes): readonly Fault[] {
  if (provider === undefined) return [];
  const sources = sourcesIn(provider.options);
  return sinks.flatMap((sink) => sources.flatMap((source) => ownSource(provider, sink, source) ?? []));
}

function ownSource(provider: ProviderEntry, { entry, path }: CompiledSink, source: Source): Fault | undefined {
  const isPlace = entry.target !== "";
  if (isPlace && "file" in source && (source.file === entry.target || source.file.startsWith(`${entry.target}/`))) {
    return {
      path,
      message: `${formatPath(path)} writes ${entry.target}, which provider "${provider.name}" reads to log in`,
      hint: "let the provider read another file",
    };
  }
  if (!("env" in source) || !Object.hasOwn(entry.values, source.env)) return undefined;
  const message = `${source.env} is written here, and provider "${provider.name}" logs in with the environment variable of that name`;
  const hint =
    "if this reaches rotate's own environment, it logs in with its own product: give one of the two another name";
  return { path: [...path, "values", source.env], at: "key", message, hint };
}

/** The references in options, at any depth. */
export function sourcesIn(value: unknown): readonly Source[] {
  if (isReference(value)) return [value.source];
  if (Array.isArray(value)) return value.flatMap(sourcesIn);
  return isRecord(value) ? Object.values(value).flatMap(sourcesIn) : [];
}
