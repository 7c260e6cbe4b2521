import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
} from "yaml";
import type { Language } from "./document.ts";
import { conflict, invalid } from "./fault.ts";
import { locate, type Reader } from "./locate.ts";
import { formatPointer, type Path } from "./pointer.ts";

/** YAML 1.2, one document, a mapping at its top. The parser finds the places; the text around them is not written anew. */
export const yaml: Language = { name: "YAML", data, find, put, remove };

function data(text: string): unknown {
  const document = parse(text);
  try {
    return document.toJS() ?? {};
  } catch {
    throw invalid("the aliases of the YAML document expand to too much", "point the sink at a file without them");
  }
}

function find(text: string, path: Path): ReturnType<Language["find"]> {
  const root = parse(text).contents;
  if (!isMap(root)) return undefined;
  const located = locate<Node>(root, path, reader);
  if (!("scalar" in located)) return undefined;
  const { value, source } = asScalar(located.scalar);
  const [start, end] = rangeOf(located.scalar);
  const literal = text.slice(start, end);
  return {
    value: typeof value === "string" ? value : (source ?? String(value)),
    literal: literal.includes("\n") ? undefined : literal,
  };
}

function put(text: string, path: Path, literal: string): string {
  const root = parse(text).contents;
  const lineEnd = text.includes("\r\n") ? "\r\n" : "\n";
  if (!isMap(root)) return insertLines(text, text.length, blockLines(path, literal, { indent: "", lineEnd }));
  const located = locate<Node>(root, path, reader);
  if ("scalar" in located) return replace(text, located.scalar, { literal, lineEnd });
  const parent = located.parent as YAMLMap<Node, Node | null>;
  return parent.flow === true
    ? insertInFlow(text, parent, flowText(located.missing, literal))
    : insertInBlock(text, parent, { path: located.missing, literal, lineEnd });
}

const reader: Reader<Node> = {
  kindOf: (node) => (isMap(node) ? "mapping" : isSeq(node) ? "list" : "scalar"),
  childrenOf: (node, step) => {
    if (isSeq<Node>(node)) return node.items.filter((_, index) => String(index) === step);
    return pairsOf(node, step).map(({ value }) => {
      if (value !== null) return value;
      throw invalid(`the key ${step} has no value at all`, "write it as a key with a colon behind it");
    });
  },
  guard: (node, pointer) => {
    const what = isAlias(node) ? "an alias" : "anchor" in node && node.anchor !== undefined ? "an anchor" : undefined;
    if (what !== undefined) {
      throw invalid(
        `there is ${what} at ${pointer}, so other places would change with it`,
        "write the value out at that key",
      );
    }
    if (isScalar(node) && node.tag !== undefined) {
      throw invalid(
        `the value at ${pointer} has the tag ${node.tag}, which a text would lose`,
        "remove the tag, or choose another key",
      );
    }
  },
};

function pairsOf(node: Node, step: string): readonly Pair<Node, Node | null>[] {
  if (!isMap<Node, Node | null>(node)) return [];
  return node.items.filter(({ key }) => isScalar(key) && String(key.value) === step);
}

function parse(text: string): Document.Parsed {
  const document = parseDocument(text, { uniqueKeys: false, prettyErrors: true });
  const [error] = document.errors;
  if (error?.code === "MULTIPLE_DOCS") {
    throw invalid("the target holds more than one YAML document", "point the sink at a file with one document");
  }
  if (error !== undefined) {
    const [place] = error.linePos ?? [];
    throw invalid(
      `the target is not YAML: ${error.code} at line ${place?.line}, column ${place?.col}`,
      "correct the file; rotate left it as it is",
    );
  }
  if (isMap(document.contents) || isNothing(document.contents)) return document;
  throw invalid("the target holds no YAML mapping at its top", "point the sink at a file with keys and values");
}

function isNothing(contents: Node | null): boolean {
  return contents === null || (isScalar(contents) && contents.value === null && (contents.source ?? "") === "");
}

function asScalar(node: Node): {
  readonly value: unknown;
  readonly source?: string | undefined;
  readonly type?: string | undefined;
} {
  return isScalar(node) ? node : { value: undefined };
}

/** Where the node's own text stands. */
function rangeOf({ range }: Node): readonly [number, number] {
  return range ? [range[0], range[1]] : [0, 0];
}

interface Written {
  readonly literal: string;
  readonly lineEnd: string;
}

function replace(text: string, node: Node, { literal, lineEnd }: Written): string {
  const [start, end] = rangeOf(node);
  const old = text.slice(start, end);
  if (asScalar(node).type?.startsWith("BLOCK") === true) {
    const comment = /^[|>][-+0-9]*([ \t]+#[^\r\n]*)?/.exec(old)?.[1] ?? "";
    return text.slice(0, start) + literal + comment + (old.endsWith("\n") ? lineEnd : "") + text.slice(end);
  }
  const before = /[ \t\n]$/.test(text.slice(0, start)) ? "" : " ";
  const after = /^(?:[\s,\]}]|$)/.test(text.slice(end)) ? "" : " ";
  return text.slice(0, start) + (old === "" ? before + literal + after : literal) + text.slice(end);
}

/** A key that reads as itself; anything else in quotes. */
function keyText(key: string): string {
  const plain = /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(key) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(key);
  return plain ? key : JSON.stringify(key);
}

function flowText([key = "", ...rest]: Path, literal: string): string {
  return `${keyText(key)}: ${rest.length === 0 ? literal : `{ ${flowText(rest, literal)} }`}`;
}

interface BlockLayout {
  readonly indent: string;
  readonly lineEnd: string;
}

function blockLines([key = "", ...rest]: Path, literal: string, layout: BlockLayout): string {
  const { indent, lineEnd } = layout;
  const head = `${indent}${keyText(key)}:`;
  if (rest.length === 0) return `${head} ${literal}${lineEnd}`;
  return head + lineEnd + blockLines(rest, literal, { indent: `${indent}  `, lineEnd });
}

function insertInFlow(text: string, parent: YAMLMap<Node, Node | null>, entry: string): string {
  const last = parent.items.at(-1);
  const at = last === undefined ? rangeOf(parent)[0] + 1 : endOf(last);
  return `${text.slice(0, at)}${last === undefined ? "" : ", "}${entry}${text.slice(at)}`;
}

/** Behind the last line of the mapping's last entry, under its first key. */
function insertInBlock(text: string, parent: YAMLMap<Node, Node | null>, entry: { path: Path } & Written): string {
  const [first] = parent.items;
  const last = parent.items.at(-1);
  if (first === undefined || last === undefined) return text;
  const [start] = rangeOf(first.key);
  const indent = " ".repeat(start - lineStart(text, start));
  return insertLines(
    text,
    nextLine(text, endOf(last)),
    blockLines(entry.path, entry.literal, { indent, lineEnd: entry.lineEnd }),
  );
}

function insertLines(text: string, at: number, lines: string): string {
  const before = text.slice(0, at);
  const separator = before === "" || before.endsWith("\n") ? "" : lines.endsWith("\r\n") ? "\r\n" : "\n";
  return before + separator + lines + text.slice(at);
}

function endOf({ key, value }: Pair<Node, Node | null>): number {
  return Math.max(rangeOf(key)[1], value === null ? 0 : rangeOf(value)[1]);
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

/** The beginning of the line after the one that `offset` ends; the end of the text when there is none. */
function nextLine(text: string, offset: number): number {
  if (text.charAt(offset - 1) === "\n") return offset;
  const feed = text.indexOf("\n", offset);
  return feed === -1 ? text.length : feed + 1;
}

/** Takes the lines of an entry out. In a flow mapping, or behind a dash, it cannot be done without writing the rest anew. */
function remove(text: string, path: Path): string {
  const root = parse(text).contents;
  const parent = path
    .slice(0, -1)
    .reduce<Node | null>((node, step) => (node === null ? null : (reader.childrenOf(node, step)[0] ?? null)), root);
  const [pair] = parent === null ? [] : pairsOf(parent, path.at(-1) ?? "");
  if (pair === undefined) return text;
  const [start] = rangeOf(pair.key);
  const head = lineStart(text, start);
  if ((isMap(parent) && parent.flow === true) || text.slice(head, start).trim() !== "")
    throw conflict(`the mapping around ${formatPointer(path)}`);
  return text.slice(0, head) + text.slice(nextLine(text, endOf(pair)));
}
