import type { Versions } from "@rotate/plugin-kit/files";
import { conflict } from "../fault.ts";
import { decode, encode, type Language, literalOf, open, type Opened, spliced } from "./language.ts";
import { formatPointer, parsePointer, type Path } from "./pointer.ts";

/** Puts our values back as `before` had them where `now` still has what we wrote. Throws CONFLICT where it has something else. */
export function revertDocument(
  language: Language,
  { before, written }: Versions,
  { now, pointers }: { readonly now: Buffer; readonly pointers: readonly string[] },
): Buffer {
  const current = decode(now);
  const past = { before: open(language, decode(before).text), written: open(language, decode(written).text) };
  const last = pointers.reduce(
    (opened, pointer) => revertOne(language, opened, { ...past, path: parsePointer(pointer) }),
    open(language, current.text),
  );
  return encode({ ...current, text: last.text });
}

interface Past {
  readonly before: Opened;
  readonly written: Opened;
  readonly path: Path;
}

function revertOne(language: Language, now: Opened, { before, written, path }: Past): Opened {
  const current = now.find(path);
  const old = before.find(path);
  if (current?.value === old?.value) return now;
  if (current === undefined || current.value !== written.find(path)?.value) throw conflict(formatPointer(path));
  if (old !== undefined) {
    const splice = now.put(path, old.literal ?? literalOf(old.value));
    return open(language, spliced(now.text, [splice]));
  }
  return withoutEmptyParents(language, without(language, now, path), { before, path: path.slice(0, -1) });
}

function without(language: Language, now: Opened, path: Path): Opened {
  return open(language, spliced(now.text, [now.remove(path)]));
}

/** Takes out the mappings that were made for a value, as far as nothing else is in them. */
function withoutEmptyParents(
  language: Language,
  now: Opened,
  { before, path }: { readonly before: Opened; readonly path: Path },
): Opened {
  if (path.length === 0 || at(before.data(), path) !== undefined) return now;
  const node = at(now.data(), path);
  if (node !== null && Object.keys(node ?? { full: true }).length > 0) return now;
  return withoutEmptyParents(language, without(language, now, path), { before, path: path.slice(0, -1) });
}

function at(data: unknown, path: Path): unknown {
  return path.reduce<unknown>(childOf, data);
}

function childOf(node: unknown, step: string): unknown {
  return typeof node === "object" && node !== null && Object.hasOwn(node, step)
    ? (node as Readonly<Record<string, unknown>>)[step]
    : undefined;
}
