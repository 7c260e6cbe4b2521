import { isAlias, isMap, isScalar, isSeq, type Document, type LineCounter, type Node, type Pair } from "yaml";
import type { Fault, Path, Span } from "./fault.ts";
import { keyOf, readYaml, spanOf } from "./yaml-reader.ts";

/** Knows where in a text everything stands. */
export interface Positions {
  /** The place that a fault is about: as near to it as the text has one. */
  readonly locate: (fault: Pick<Fault, "path" | "at" | "word" | "span">) => Span;
  /** Line and column, from 1. */
  readonly place: (offset: number) => { readonly line: number; readonly column: number };
  /** Every text, number and key that `shown` does not let through. */
  readonly hidden: (shown: (path: Path) => boolean) => readonly Span[];
}

interface Place {
  readonly key: Node | undefined;
  readonly value: Node | undefined;
}

/** Parses a text for its positions. */
export function positionsOf(text: string): Positions {
  const { document, lines } = readYaml(text);
  return positionsIn(text, document, lines);
}

/** The positions of a parsed text. */
export function positionsIn(text: string, document: Document, lines: LineCounter): Positions {
  return {
    locate: (fault) => fault.span ?? spanOfFault(text, document, fault),
    place: (offset) => {
      const { line, col } = lines.linePos(offset);
      return { line, column: col };
    },
    hidden: (shown) => hiddenSpans(text, document.contents, shown),
  };
}

function spanOfFault(text: string, document: Document, { path, at, word }: Pick<Fault, "path" | "at" | "word">): Span {
  const place = nearestPlace(document, path);
  const span = spanOf(at === "key" || place.value === undefined ? place.key : underlined(place));
  const offset = word === undefined ? -1 : text.slice(...span).indexOf(word);
  return offset < 0 ? span : [span[0] + offset, span[0] + offset + (word ?? "").length];
}

/** A collection over many lines is not underlined, and nothing cannot be: its key is. */
function underlined({ key, value }: Place): Node | undefined {
  if (isEmpty(value)) return key ?? value;
  return (isMap(value) || isSeq(value)) && value.flow !== true ? (key ?? value) : value;
}

function nearestPlace(document: Document, path: Path): Place {
  let place: Place = { key: undefined, value: document.contents ?? undefined };
  for (const step of path) {
    const next = childOf(document, place.value, step);
    if (next === undefined) return { key: place.key ?? place.value, value: undefined };
    place = next;
  }
  return place;
}

function childOf(document: Document, parent: Node | undefined, step: string | number): Place | undefined {
  const node = isAlias(parent) ? parent.resolve(document) : parent;
  if (isSeq(node)) {
    const item = node.items[Number(step)] as Node | undefined;
    return item === undefined ? undefined : { key: undefined, value: item };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find((candidate) => keyOf(candidate) === String(step));
  return pair === undefined ? mergedChild(document, node.items, step) : placeOf(pair);
}

function placeOf(pair: Pair): Place {
  const key = (pair.key ?? undefined) as Node | undefined;
  return { key, value: (pair.value ?? key) as Node | undefined };
}

function mergedChild(document: Document, pairs: readonly Pair[], step: string | number): Place | undefined {
  for (const pair of pairs) {
    if (keyOf(pair) !== "<<") continue;
    const sources = isSeq(pair.value) ? pair.value.items : [pair.value];
    for (const source of sources) {
      const place = childOf(document, source as Node, step);
      if (place !== undefined) return place;
    }
  }
  return undefined;
}

/** A leaf is hidden with its anchor, tag or asterisk: `!hunter2` may be a secret that lost its quotes. */
function hiddenSpans(text: string, root: unknown, shown: (path: Path) => boolean): readonly Span[] {
  const spans: Span[] = [];
  function visit(node: unknown, path: Path, from: number | undefined): void {
    if (isMap(node)) return node.items.forEach((pair) => visitPair(pair, path));
    if (isSeq(node)) return visitItems(node.items as readonly Node[], path, spanOf(node)[0]);
    if ((!isScalar(node) && !isAlias(node)) || shown(path)) return;
    const [start, end] = spanOf(node);
    spans.push([from ?? start, end]);
  }
  function visitItems(items: readonly Node[], path: Path, start: number): void {
    for (const [index, item] of items.entries()) {
      const before = index === 0 ? start : spanOf(items[index - 1])[1];
      visit(item, [...path, index], afterMark(text, before));
    }
  }
  function visitPair(pair: Pair, path: Path): void {
    const key = keyOf(pair);
    const here = [...path, key ?? "?"];
    // `{ hunter2 }` is a key without a value: it may be a secret too.
    if (key === undefined || isEmpty(pair.value)) visit(pair.key, here, undefined);
    visit(pair.value, here, afterMark(text, spanOf(pair.key as Node | null)[1]));
  }
  visit(root, [], undefined);
  return spans;
}

/** The offset behind the colon, comma, bracket or dash that introduces a value. */
function afterMark(text: string, from: number): number {
  const mark = /[\s,:[-]*/y;
  mark.lastIndex = from;
  mark.test(text);
  return mark.lastIndex;
}

function isEmpty(node: unknown): boolean {
  return node === null || node === undefined || (isScalar(node) && node.value === null && node.source === "");
}
