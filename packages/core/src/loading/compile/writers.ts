import { nameOf, type Fault, type Path } from "../fault.ts";
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
