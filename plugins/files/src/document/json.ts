import { type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import type { Language } from "./document.ts";
import { invalid } from "./fault.ts";
import { locate, type Reader } from "./locate.ts";
import type { Path } from "./pointer.ts";

/** JSON (RFC 8259), with comments and trailing commas where the file has them. */
export const json: Language = { name: "JSON", data, find, put, remove };

const blank = /^\s*$/;
const newDocument = "{}\n";

function data(text: string): unknown {
  return blank.test(text) ? {} : toData(parse(text));
}

function find(text: string, path: Path): ReturnType<Language["find"]> {
  if (blank.test(text)) return undefined;
  const located = locate(parse(text), path, reader);
  if (!("scalar" in located)) return undefined;
  const { value, offset, length } = located.scalar;
  return { value: String(value), literal: text.slice(offset, offset + length) };
}

function put(before: string, path: Path, literal: string): string {
  const text = blank.test(before) ? newDocument : before;
  const located = locate(parse(text), path, reader);
  if ("parent" in located) return insert(text, located, literal);
  const { offset, length } = located.scalar;
  return text.slice(0, offset) + literal + text.slice(offset + length);
}

const reader: Reader<Node> = {
  kindOf: ({ type }) => (type === "object" ? "mapping" : type === "array" ? "list" : "scalar"),
  childrenOf: ({ type, children = [] }, step) =>
    type === "array"
      ? children.filter((_, index) => String(index) === step)
      : children.flatMap(({ children: [key, value] = [] }) =>
          key?.value === step && value !== undefined ? [value] : [],
        ),
};

function parse(text: string): Node {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const [error] = errors;
  if (error !== undefined || root === undefined) {
    const what =
      error === undefined ? "no value" : `${printParseErrorCode(error.error)} at ${placeOf(text, error.offset)}`;
    throw invalid(`the target is not JSON: ${what}`, "correct the file; rotate left it as it is");
  }
  if (root.type === "object") return root;
  throw invalid(`the target holds a JSON ${root.type}, not an object`, "point the sink at a file with a JSON object");
}

function placeOf(text: string, offset: number): string {
  const lines = text.slice(0, offset).split("\n");
  return `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
}

function toData(node: Node): unknown {
  if (node.type === "array") return node.children?.map(toData) ?? [];
  if (node.type !== "object") return node.value;
  const entries = (node.children ?? []).flatMap(({ children: [key, value] = [] }) =>
    key === undefined || value === undefined ? [] : [[String(key.value), toData(value)] as const],
  );
  return Object.fromEntries(entries);
}

/** How the document is laid out around a place. */
interface Layout {
  readonly lineEnd: string;
  readonly indent: string;
  /** What one level adds; empty on one line. */
  readonly unit: string;
  readonly colon: string;
}

function insert(text: string, { parent, missing }: { parent: Node; missing: Path }, literal: string): string {
  const last = parent.children?.at(-1);
  const lineEnd = text.includes("\r\n") ? "\r\n" : "\n";
  return last === undefined
    ? insertFirst(text, { parent, missing, lineEnd, literal })
    : insertAfter(text, { last, missing, lineEnd, literal });
}

interface Insertion {
  readonly missing: Path;
  readonly lineEnd: string;
  readonly literal: string;
}

/** Behind the last property, laid out as that one is; a comment on its line stays on its line. */
function insertAfter(text: string, { last, missing, lineEnd, literal }: Insertion & { readonly last: Node }): string {
  const end = last.offset + last.length;
  const [tail = "", comma = "", comment = ""] =
    /^[ \t]*(,?)[ \t]*(\/\/[^\r\n]*|\/\*[^\r\n]*?\*\/)?/.exec(text.slice(end)) ?? [];
  const kept = comma === "" && comment === "" ? "" : tail;
  const blanks = /\s*$/.exec(text.slice(0, last.offset))?.[0] ?? "";
  const gap = comment.startsWith("//") && !blanks.includes("\n") ? lineEnd + blanks : blanks;
  const multiline = gap.includes("\n");
  const indent = gap.slice(gap.lastIndexOf("\n") + 1);
  const layout = { lineEnd, indent, unit: multiline ? unitOf(text) : "", colon: colonOf(text, last) };
  const entry = gap + entryText(missing, literal, layout);
  return text.slice(0, end) + (comma === "" ? "," : "") + kept + entry + comma + text.slice(end + kept.length);
}

function insertFirst(
  text: string,
  { parent, missing, lineEnd, literal }: Insertion & { readonly parent: Node },
): string {
  const close = parent.offset + parent.length - 1;
  const inner = text.slice(parent.offset + 1, close);
  const indent = /[ \t]*/.exec(text.slice(text.lastIndexOf("\n", parent.offset) + 1))?.[0] ?? "";
  const multiline = text.trim().includes("\n") || text.trim() === text.slice(parent.offset, close + 1);
  const unit = multiline ? unitOf(text) : "";
  const entry = entryText(missing, literal, { lineEnd, indent: indent + unit, unit, colon: ": " });
  const body = multiline ? `${inner.trimEnd()}${lineEnd}${indent}${unit}${entry}${lineEnd}${indent}` : inner + entry;
  return text.slice(0, parent.offset + 1) + body + text.slice(close);
}

function unitOf(text: string): string {
  return /\n([ \t]+)["{[]/.exec(text)?.[1] ?? "  ";
}

function colonOf(text: string, { children: [key, value] = [] }: Node): string {
  const colon = key === undefined || value === undefined ? "" : text.slice(key.offset + key.length, value.offset);
  return /^\s*:[ \t]*$/.test(colon) ? colon : ": ";
}

function entryText([key = "", ...rest]: Path, literal: string, layout: Layout): string {
  const { lineEnd, indent, unit, colon } = layout;
  const name = `${JSON.stringify(key)}${colon}`;
  if (rest.length === 0) return name + literal;
  if (unit === "") return `${name}{${entryText(rest, literal, layout)}}`;
  const inner = entryText(rest, literal, { ...layout, indent: indent + unit });
  return `${name}{${lineEnd}${indent}${unit}${inner}${lineEnd}${indent}}`;
}

/** Takes the property out with the blanks before it and one comma; comments around it stay. */
function remove(text: string, path: Path): string {
  const parent = path
    .slice(0, -1)
    .reduce<Node | undefined>((node, step) => node && reader.childrenOf(node, step)[0], parse(text));
  const properties = parent?.children ?? [];
  const index = properties.findIndex(({ children: [key] = [] }) => key?.value === path.at(-1));
  const property = properties[index];
  if (property === undefined) return text;
  const start = property.offset - (/\s*$/.exec(text.slice(0, property.offset))?.[0].length ?? 0);
  const end = property.offset + property.length;
  const comma = /^\s*,/.exec(text.slice(end))?.[0];
  const previous = properties[index - 1];
  if (comma !== undefined || previous === undefined)
    return text.slice(0, start) + text.slice(end + (comma?.length ?? 0));
  const before = commaAfter(text, previous.offset + previous.length, start);
  return text.slice(0, before) + text.slice(before + 1, start) + text.slice(end);
}

/** The comma between two properties, which a comment may precede. */
function commaAfter(text: string, from: number, to: number): number {
  const plain = text.slice(from, to).replaceAll(/\/\/[^\n]*|\/\*[^]*?\*\//g, (comment) => " ".repeat(comment.length));
  return from + plain.indexOf(",");
}
