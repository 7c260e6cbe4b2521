import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node, type Pair } from "yaml";
import { limits } from "./bounds.ts";
import type { Fault, Span } from "./fault.ts";
import { syntaxFault, tooDeep, warningFault } from "./yaml-faults.ts";

/** A parsed YAML text: its value, what is wrong with its structure, and the tree that knows all positions. */
export interface YamlReading {
  readonly value: unknown;
  readonly faults: readonly Fault[];
  /** True when the text is not YAML at all: then there is no value. */
  readonly broken: boolean;
  readonly document: Document;
  readonly lines: LineCounter;
}

interface Walk {
  readonly text: string;
  readonly faults: Fault[];
  readonly lines: LineCounter;
  /** Anchors met so far, with the number of values below them. */
  readonly anchors: Map<string, { readonly value: unknown; readonly size: number }>;
  readonly open: Set<string>;
  size: number;
  repeated: number;
}

const pollution = new Set(["__proto__", "constructor", "prototype"]);

/** Parses YAML 1.2 (JSON is a part of it) into plain values, and refuses what a spec must not hold. Linear in the length of the text. */
export function readYaml(text: string): YamlReading {
  const lines = new LineCounter();
  // The parser's own check for duplicate keys compares each with each.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false, version: "1.2" });
  const [error] = document.errors;
  if (error !== undefined) return { value: undefined, faults: [syntaxFault(error)], broken: true, document, lines };
  const walk: Walk = {
    text,
    faults: document.warnings.map(warningFault),
    lines,
    anchors: new Map(),
    open: new Set(),
    size: 0,
    repeated: 0,
  };
  if (document.directives?.yaml.explicit === true && document.directives.yaml.version !== "1.2") {
    walk.faults.push({ path: [], message: "a spec is YAML 1.2", hint: "remove the %YAML line", span: [0, 1] });
  }
  const value = valueOf(document.contents, walk, 0);
  return { value, faults: walk.faults, broken: false, document, lines };
}

/** Where a node stands in the text, without what trails it. */
export function spanOf(node: Node | null | undefined): Span {
  return [node?.range?.[0] ?? 0, node?.range?.[1] ?? 0];
}

/** The text of a key; undefined for a key that is a collection. */
export function keyOf(pair: Pair): string | undefined {
  if (!isScalar(pair.key)) return undefined;
  return typeof pair.key.value === "string" ? pair.key.value : (pair.key.source ?? String(pair.key.value));
}

function refuse(walk: Walk, node: Node | null | undefined, problem: Pick<Fault, "message" | "hint">): undefined {
  walk.faults.push({ path: [], ...problem, span: spanOf(node) });
}

function valueOf(node: unknown, walk: Walk, depth: number): unknown {
  if (isAlias(node)) return aliased(node.source, node, walk);
  const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
  if (anchor === undefined) return plainValue(node, walk, depth);
  const before = walk.size;
  walk.open.add(anchor);
  const value = plainValue(node, walk, depth);
  walk.open.delete(anchor);
  walk.anchors.set(anchor, { value, size: walk.size - before });
  return value;
}

function plainValue(node: unknown, walk: Walk, depth: number): unknown {
  walk.size++;
  if (isScalar(node)) return node.value;
  if (!isMap(node) && !isSeq(node)) return null;
  if (depth >= limits.depth) return refuse(walk, node, { message: tooDeep });
  if (isSeq(node)) return node.items.map((item) => valueOf(item, walk, depth + 1));
  const strange = node.items.find((pair) => keyOf(pair) === undefined);
  return strange === undefined ? mapOf(node.items, walk, depth + 1) : unquotedTemplate(node, walk);
}

/** The anchored value itself: nothing is copied, so that aliases of aliases cost nothing here; they are counted for those who walk the result. */
function aliased(name: string, node: Node, walk: Walk): unknown {
  if (walk.open.has(name)) return refuse(walk, node, { message: "this alias stands inside its own anchor" });
  const anchor = walk.anchors.get(name);
  if (anchor === undefined) return refuse(walk, node, unknownAnchor);
  walk.size += anchor.size;
  walk.repeated += anchor.size;
  if (walk.repeated <= limits.repeated) return anchor.value;
  if (walk.repeated - anchor.size > limits.repeated) return undefined;
  return refuse(walk, node, { message: `aliases repeat more than ${limits.repeated} values` });
}

/** Without its name: it may be a secret that begins with an asterisk. */
const unknownAnchor = { message: "no such anchor before this alias", hint: "a text that begins with * needs quotes" };

function mapOf(pairs: readonly Pair[], walk: Walk, depth: number): Readonly<Record<string, unknown>> {
  const map: Record<string, unknown> = {};
  const seen = new Map<string, Pair>();
  const merged: unknown[] = [];
  for (const pair of pairs) {
    const key = acceptedKey(pair, seen, walk);
    const value = valueOf(pair.value, walk, depth);
    if (key === undefined) continue;
    if (key === "<<") merged.push(value);
    else map[key] = value;
  }
  for (const source of merged.flat()) mergeInto(map, source);
  return map;
}

/** `{{ token }}` without quotes is a mapping with a mapping as its key. It is read as what was meant, so that it is told of once. */
function unquotedTemplate(node: Node, walk: Walk): string {
  refuse(walk, node, { message: "a key must be a text", hint: 'was a template meant? quote it: "{{ field }}"' });
  return walk.text.slice(...spanOf(node));
}

/** Records why a key cannot stand, and gives undefined then. */
function acceptedKey(pair: Pair, seen: Map<string, Pair>, walk: Walk): string | undefined {
  const node = pair.key as Node | null;
  const key = keyOf(pair) ?? "";
  if (pollution.has(key)) return refuse(walk, node, { message: `"${key}" cannot be a key` });
  const first = seen.get(key);
  if (first === undefined) {
    seen.set(key, pair);
    return key;
  }
  const { line } = walk.lines.linePos(spanOf(first.key as Node)[0]);
  return refuse(walk, node, { message: `"${key}" stands twice`, hint: `first on line ${line}` });
}

function mergeInto(map: Record<string, unknown>, source: unknown): void {
  if (typeof source !== "object" || source === null) return;
  for (const [key, value] of Object.entries(source)) {
    if (!Object.hasOwn(map, key)) map[key] = value;
  }
}
