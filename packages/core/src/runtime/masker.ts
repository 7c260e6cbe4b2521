import { Secret } from "@rotate/plugin-kit";
import { encodings, shortestSecret } from "./encodings.ts";
import type { Masker } from "./types.ts";

interface Needle {
  readonly text: string;
  readonly label: string;
}
interface Interval {
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

function replace(text: string, intervals: readonly Interval[]): string {
  let out = "";
  let from = 0;
  for (const { start, end, label } of intervals) {
    out += text.slice(from, start) + label;
    from = end;
  }
  return out + text.slice(from);
}

/** Is there a needle that begins with the end of `text` from `at` on, and goes on after it? `sorted` holds all needles in order. */
function mayGoOn(sorted: readonly string[], tail: string): boolean {
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
function createNeedles() {
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

type Needles = ReturnType<typeof createNeedles>;

/** How much of `text`, which has not ended yet, can be printed: up to where a secret may have begun. */
function safeLength(text: string, needles: Needles, found: readonly Interval[]): number {
  const sorted = needles.inOrder();
  const longest = sorted.reduce((most, needle) => Math.max(most, needle.length), 0);
  const first = new Set(sorted.map((needle) => needle.charCodeAt(0)));
  let safe = text.length;
  for (let at = Math.max(0, text.length - longest + 1); at < text.length; at += 1) {
    if (!first.has(text.charCodeAt(at)) || !mayGoOn(sorted, text.slice(at))) continue;
    safe = at;
    break;
  }
  return found.findLast(({ start, end }) => start < safe && safe < end)?.start ?? safe;
}

function createStream(needles: Needles): ReturnType<Masker["stream"]> {
  let held = "";
  return {
    write: (chunk) => {
      held += chunk;
      const found = needles.find(held);
      const safe = safeLength(held, needles, found);
      const out = replace(
        held.slice(0, safe),
        found.filter(({ end }) => end <= safe),
      );
      held = held.slice(safe);
      return out;
    },
    end: () => {
      const out = replace(held, needles.find(held));
      held = "";
      return out;
    },
  };
}

/** A label can stand in JSON, in a log line and on a terminal. */
function labelOf(name: string | undefined): string {
  return new Secret("", name?.replace(/[^\w .,:/@{}[\]-]/g, "?").slice(0, 80)).toString();
}

/** Options of `createMasker`. */
export interface MaskerOptions {
  /** How many secrets are remembered: the ones used last, so that a daemon does not keep every token it ever minted. Default 2,000. */
  readonly capacity?: number;
}

/**
 * A masker that knows no secret yet. Each secret is hidden in all forms of `encodings`; one shorter than six characters only where it is the whole text,
 * because it would be found by chance in others. `secret` and `reveal` count as use.
 */
export function createMasker({ capacity = 2000 }: MaskerOptions = {}): Masker {
  const needles = createNeedles();
  const known = new Map<string, { readonly label: string; readonly forms: readonly string[] }>();

  function forget(text: string): void {
    for (const form of known.get(text)?.forms ?? []) needles.remove(form);
    known.delete(text);
  }
  function learn(text: string, name?: string): void {
    if (text === "") return;
    const old = known.get(text);
    const entry = old ?? { label: labelOf(name), forms: text.length < shortestSecret ? [] : encodings(text) };
    if (old === undefined) for (const form of entry.forms) needles.add(form, entry.label);
    known.delete(text);
    known.set(text, entry);
    const [oldest] = known.keys();
    if (known.size > capacity && oldest !== undefined) forget(oldest);
  }
  return {
    secret: (text, name) => {
      learn(text, name);
      return new Secret(text, name);
    },
    reveal: (secret) => {
      const text = secret.reveal();
      learn(text);
      return text;
    },
    holdsSecret: (text) => [...known.keys()].some((secret) => secret.length >= 12 && text.includes(secret)),
    mask: (text) => known.get(text)?.label ?? replace(text, needles.find(text)),
    stream: () => createStream(needles),
  };
}
