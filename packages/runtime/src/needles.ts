import { shortestSecret } from "./encodings.ts";

interface Needle {
  readonly text: string;
  readonly label: string;
}
/** Where something that must not be printed stands, and what is printed instead. */
export interface Interval {
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

/**
 * Six characters of a needle, by which it is found. Not its beginning, which all JWTs share, nor the end of a long one, which all PEM texts share.
 * The place follows from the length alone.
 */
function anchorOf(needle: string): number {
  return needle.length > 80 ? needle.length - 40 : needle.length - shortestSecret;
}

function pairHash(text: string, at: number): number {
  return (text.charCodeAt(at) * 31 + text.charCodeAt(at + 1)) & 0xffff;
}

/** Needles by their six characters, with a bit map in front that answers most "no"s without a look into the map. */
function createIndex() {
  const buckets = new Map<string, Needle[]>();
  const hint = new Uint8Array(0x10000);

  function add(needle: Needle): void {
    const at = anchorOf(needle.text);
    const key = needle.text.slice(at, at + shortestSecret);
    hint[pairHash(key, 0)] = 1;
    const bucket = buckets.get(key);
    if (bucket === undefined) buckets.set(key, [needle]);
    else bucket.push(needle);
  }
  function remove(text: string): void {
    const at = anchorOf(text);
    const key = text.slice(at, at + shortestSecret);
    const left = (buckets.get(key) ?? []).filter((needle) => needle.text !== text);
    if (left.length === 0) buckets.delete(key);
    else buckets.set(key, left);
  }
  function find(text: string): Interval[] {
    const found: Interval[] = [];
    for (let at = 0; at + shortestSecret <= text.length; at += 1) {
      if (hint[pairHash(text, at)] === 0) continue;
      for (const needle of buckets.get(text.slice(at, at + shortestSecret)) ?? []) {
        const start = at - anchorOf(needle.text);
        if (start < 0 || !text.startsWith(needle.text, start)) continue;
        found.push({ start, end: start + needle.text.length, label: needle.label });
      }
    }
    return found;
  }
  return { add, remove, find };
}

/** Overlapping finds become one, under the name of the first. */
function merge(found: readonly Interval[]): readonly Interval[] {
  const merged: Interval[] = [];
  for (const next of found.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1);
    if (last !== undefined && next.start < last.end) {
      merged[merged.length - 1] = { ...last, end: Math.max(last.end, next.end) };
    } else merged.push(next);
  }
  return merged;
}

/** Is there a needle that begins with the end of `text` from `at` on, and goes on after it? `sorted` holds all needles in order. */
export function mayGoOn(sorted: readonly string[], tail: string): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? "") <= tail) low = middle + 1;
    else high = middle;
  }
  return sorted[low]?.startsWith(tail) ?? false;
}

/** All needles of all secrets that are known now, each with the number of secrets that it comes from. */
export function createNeedles() {
  const index = createIndex();
  const owners = new Map<string, number>();
  let sorted: readonly string[] | undefined;

  function add(text: string, label: string): void {
    const count = owners.get(text) ?? 0;
    owners.set(text, count + 1);
    if (count > 0) return;
    sorted = undefined;
    index.add({ text, label });
  }
  function remove(text: string): void {
    const count = owners.get(text) ?? 0;
    if (count > 1) return void owners.set(text, count - 1);
    owners.delete(text);
    sorted = undefined;
    index.remove(text);
  }
  function inOrder(): readonly string[] {
    sorted ??= [...owners.keys()].toSorted((a, b) => (a < b ? -1 : 1));
    return sorted;
  }
  return { add, remove, inOrder, find: (text: string) => merge(index.find(text)) };
}

/** What `createNeedles` gives. */
export type Needles = ReturnType<typeof createNeedles>;
