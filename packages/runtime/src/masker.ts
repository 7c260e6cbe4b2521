import { Secret } from "@rotate/plugin-kit";
import { encodings, shortestSecret } from "./encodings.ts";
import { createNeedles, type Interval, mayGoOn, type Needles } from "./needles.ts";
import type { Masker } from "./types.ts";

function replace(text: string, intervals: readonly Interval[]): string {
  let out = "";
  let from = 0;
  for (const { start, end, label } of intervals) {
    out += text.slice(from, start) + label;
    from = end;
  }
  return out + text.slice(from);
}

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
  /** How many secrets are remembered, and how many texts that are none: the ones used last, so that a daemon does not keep every token it ever minted. Default 2,000. */
  readonly capacity?: number;
}

/**
 * A masker that knows no secret yet. Each secret is hidden in all forms of `encodings`; one shorter than six characters only where it is the whole text,
 * because it would be found by chance in others. `secret` and `reveal` count as use.
 */
export function createMasker({ capacity = 2000 }: MaskerOptions = {}): Masker {
  const needles = createNeedles();
  const known = new Map<string, { readonly label: string; readonly forms: readonly string[] }>();

  const open = new Set<string>();

  function forget(text: string): void {
    for (const form of known.get(text)?.forms ?? []) needles.remove(form);
    known.delete(text);
  }
  function learn(text: string, name?: string): void {
    if (text === "" || open.has(text)) return;
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
    exempt: (text) => {
      open.delete(text);
      open.add(text);
      forget(text);
      const [oldest] = open;
      if (open.size > capacity && oldest !== undefined) open.delete(oldest);
    },
    holdsSecret: (text) => [...known.keys()].some((secret) => secret.length >= 12 && text.includes(secret)),
    mask: (text) => known.get(text)?.label ?? replace(text, needles.find(text)),
    stream: () => createStream(needles),
  };
}
