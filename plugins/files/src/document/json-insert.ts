import type { Node } from "jsonc-parser";
import type { Splice } from "./language.ts";
import type { Path } from "./pointer.ts";

/** How the document is laid out around a place. */
interface Layout {
  readonly lineEnd: string;
  readonly indent: string;
  /** What one level adds; empty on one line. */
  readonly unit: string;
  readonly colon: string;
}

/** A property, with what is missing above it, behind the last one of an object and laid out as that one is. */
export function insert(text: string, { parent, missing }: { parent: Node; missing: Path }, literal: string): Splice {
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
function insertAfter(text: string, { last, missing, lineEnd, literal }: Insertion & { readonly last: Node }): Splice {
  const end = last.offset + last.length;
  const [tail = "", comma = "", comment = ""] =
    /^[ \t]*(,?)[ \t]*(\/\/[^\r\n]*|\/\*[^\r\n]*?\*\/)?/.exec(text.slice(end)) ?? [];
  const kept = comma === "" && comment === "" ? "" : tail;
  const blanks = text.slice(behindText(text, last.offset), last.offset);
  const gap = comment.startsWith("//") && !blanks.includes("\n") ? lineEnd + blanks : blanks;
  const multiline = gap.includes("\n");
  const indent = gap.slice(gap.lastIndexOf("\n") + 1);
  const layout = { lineEnd, indent, unit: multiline ? unitOf(text) : "", colon: colonOf(text, last) };
  const entry = gap + entryText(missing, literal, layout);
  return { start: end, end: end + kept.length, text: (comma === "" ? "," : "") + kept + entry + comma };
}

function insertFirst(
  text: string,
  { parent, missing, lineEnd, literal }: Insertion & { readonly parent: Node },
): Splice {
  const close = parent.offset + parent.length - 1;
  const inner = text.slice(parent.offset + 1, close);
  const indent = /[ \t]*/.exec(text.slice(text.lastIndexOf("\n", parent.offset) + 1))?.[0] ?? "";
  const multiline = text.trim().includes("\n") || text.trim() === text.slice(parent.offset, close + 1);
  const unit = multiline ? unitOf(text) : "";
  const entry = entryText(missing, literal, { lineEnd, indent: indent + unit, unit, colon: ": " });
  const body = multiline ? `${inner.trimEnd()}${lineEnd}${indent}${unit}${entry}${lineEnd}${indent}` : inner + entry;
  return { start: parent.offset + 1, end: close, text: body };
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

/** Where the blanks that end at `offset` begin. */
export function behindText(text: string, offset: number): number {
  let at = offset;
  while (at > 0 && " \t\r\n".includes(text.charAt(at - 1))) at -= 1;
  return at;
}
