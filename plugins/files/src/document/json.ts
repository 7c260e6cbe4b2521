import { type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { invalid } from "../fault.ts";
import { type Language, type Opened, type Scalar, type Splice, spliced } from "./language.ts";
import { behindText, insert } from "./json-insert.ts";
import { locate, type Reader } from "./locate.ts";
import type { Path } from "./pointer.ts";

/** JSON (RFC 8259), with comments and trailing commas where the file has them. */
export const json: Language = { name: "JSON", open, data };

const blank = /^\s*$/;
const newDocument = "{}\n";

function open(text: string): Opened {
  const isNew = blank.test(text);
  const root = isNew ? undefined : parse(text);
  return {
    text,
    data: () => data(text),
    find: (path) => (root === undefined ? undefined : find(text, root, path)),
    put: (path, literal) => (root === undefined ? first(text, path, literal) : put(text, root, { path, literal })),
    remove: (path) => (root === undefined ? nothing : remove(text, root, path)),
  };
}

const nothing: Splice = { start: 0, end: 0, text: "" };

/** Plain JSON is read by the engine itself, which is much faster; only what has comments or trailing commas is not. */
function data(text: string): unknown {
  if (blank.test(text)) return {};
  const plain = parsed(text);
  return typeof plain === "object" && plain !== null && !Array.isArray(plain) ? plain : toData(parse(text));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function find(text: string, root: Node, path: Path): Scalar | undefined {
  const located = locate(root, path, reader);
  if (!("scalar" in located)) return undefined;
  const { value, type, offset, length } = located.scalar;
  return { value: String(value), isText: type === "string", literal: text.slice(offset, offset + length) };
}

function first(text: string, path: Path, literal: string): Splice {
  const made = spliced(newDocument, [put(newDocument, parse(newDocument), { path, literal })]);
  return { start: 0, end: text.length, text: made };
}

function put(text: string, root: Node, { path, literal }: { readonly path: Path; readonly literal: string }): Splice {
  const located = locate(root, path, reader);
  if ("parent" in located) return insert(text, located, literal);
  const { offset, length } = located.scalar;
  return { start: offset, end: offset + length, text: literal };
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

/** Takes the property out with the blanks before it and one comma; comments around it stay. */
function remove(text: string, root: Node, path: Path): Splice {
  const parent = path
    .slice(0, -1)
    .reduce<Node | undefined>((node, step) => node && reader.childrenOf(node, step)[0], root);
  const properties = parent?.children ?? [];
  const index = properties.findIndex(({ children: [key] = [] }) => key?.value === path.at(-1));
  const property = properties[index];
  if (property === undefined) return nothing;
  const start = behindText(text, property.offset);
  const end = property.offset + property.length;
  const comma = /^\s*,/.exec(text.slice(end))?.[0];
  const previous = properties[index - 1];
  if (comma !== undefined || previous === undefined) return { start, end: end + (comma?.length ?? 0), text: "" };
  const before = commaAfter(text, previous.offset + previous.length, start);
  return { start: before, end, text: text.slice(before + 1, start) };
}

/** The comma between two properties, which a comment may precede. */
function commaAfter(text: string, from: number, to: number): number {
  const plain = text.slice(from, to).replaceAll(/\/\/[^\n]*|\/\*[^]*?\*\//g, (comment) => " ".repeat(comment.length));
  return from + plain.indexOf(",");
}
