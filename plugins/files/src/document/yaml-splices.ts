import { isMap, type Node, type Pair, type YAMLMap } from "yaml";
import { conflict } from "../fault.ts";
import type { Splice } from "./language.ts";
import { formatPointer, type Path } from "./pointer.ts";
import { asScalar, childrenOf, pairsOf, rangeOf } from "./yaml-nodes.ts";

interface Written {
  readonly literal: string;
  readonly lineEnd: string;
}

/** A literal in the place of a scalar; a comment behind the head of a block scalar stays. */
export function replace(text: string, node: Node, { literal, lineEnd }: Written): Splice {
  const [start, end] = rangeOf(node);
  const old = text.slice(start, end);
  if (asScalar(node).type?.startsWith("BLOCK") === true) {
    const comment = /^[|>][-+0-9]*([ \t]+#[^\r\n]*)?/.exec(old)?.[1] ?? "";
    return { start, end, text: literal + comment + (old.endsWith("\n") ? lineEnd : "") };
  }
  const before = /[ \t\n]$/.test(text.slice(start - 1, start)) ? "" : " ";
  const after = /^(?:[\s,\]}]|$)/.test(text.slice(end, end + 1)) ? "" : " ";
  return { start, end, text: old === "" ? before + literal + after : literal };
}

/** A key that reads as itself; anything else in quotes. */
function keyText(key: string): string {
  const plain = /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(key) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(key);
  return plain ? key : JSON.stringify(key);
}

/** An entry as it is written in braces. */
export function flowText([key = "", ...rest]: Path, literal: string): string {
  return `${keyText(key)}: ${rest.length === 0 ? literal : `{ ${flowText(rest, literal)} }`}`;
}

interface BlockLayout {
  readonly indent: string;
  readonly lineEnd: string;
}

/** An entry in lines of its own. */
export function blockLines([key = "", ...rest]: Path, literal: string, layout: BlockLayout): string {
  const { indent, lineEnd } = layout;
  const head = `${indent}${keyText(key)}:`;
  if (rest.length === 0) return `${head} ${literal}${lineEnd}`;
  return head + lineEnd + blockLines(rest, literal, { indent: `${indent}  `, lineEnd });
}

/** An entry behind the last one of a mapping in braces. */
export function insertInFlow(parent: YAMLMap<Node, Node | null>, entry: string): Splice {
  const last = parent.items.at(-1);
  const at = last === undefined ? rangeOf(parent)[0] + 1 : endOf(last);
  return { start: at, end: at, text: `${last === undefined ? "" : ", "}${entry}` };
}

/** Behind the last line of the mapping's last entry, under its first key. */
export function insertInBlock(
  text: string,
  parent: YAMLMap<Node, Node | null>,
  entry: { path: Path } & Written,
): Splice {
  const [first] = parent.items;
  const last = parent.items.at(-1);
  if (first === undefined || last === undefined) throw new TypeError("a mapping in blocks has an entry");
  const [start] = rangeOf(first.key);
  const indent = " ".repeat(start - lineStart(text, start));
  return insertLines(
    text,
    nextLine(text, endOf(last)),
    blockLines(entry.path, entry.literal, { indent, lineEnd: entry.lineEnd }),
  );
}

/** Lines at the beginning of a line, or behind an unfinished one. */
export function insertLines(text: string, at: number, lines: string): Splice {
  const isStart = at === 0 || text.charAt(at - 1) === "\n";
  const separator = isStart ? "" : lines.endsWith("\r\n") ? "\r\n" : "\n";
  return { start: at, end: at, text: separator + lines };
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
export function remove(text: string, root: Node | null, path: Path): Splice {
  const parent = path
    .slice(0, -1)
    .reduce<Node | null>((node, step) => (node === null ? null : (childrenOf(node, step)[0] ?? null)), root);
  const [pair] = parent === null ? [] : pairsOf(parent, path.at(-1) ?? "");
  if (pair === undefined) return { start: 0, end: 0, text: "" };
  const [start] = rangeOf(pair.key);
  const head = lineStart(text, start);
  if ((isMap(parent) && parent.flow === true) || text.slice(head, start).trim() !== "")
    throw conflict(`the mapping around ${formatPointer(path)}`);
  return { start: head, end: nextLine(text, endOf(pair)), text: "" };
}
