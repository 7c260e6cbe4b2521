import { type Document, isAlias, isMap, isScalar, isSeq, type Node, parseDocument, type YAMLMap } from "yaml";
import { invalid } from "../fault.ts";
import type { Language, Opened, Scalar } from "./language.ts";
import { locate, type Located, type Reader } from "./locate.ts";
import { asScalar, childrenOf, keyOf, kindOf, rangeOf } from "./yaml-nodes.ts";
import { guard, refuseHiding } from "./yaml-shared.ts";
import { blockLines, flowText, insertInBlock, insertInFlow, insertLines, remove, replace } from "./yaml-splices.ts";

/** YAML 1.2, one document, a mapping at its top. The parser finds the places; the text around them is not written anew. */
export const yaml: Language = { name: "YAML", open, data: (text) => open(text).data() };

function open(text: string): Opened {
  const document = parse(text);
  const reader = readerOf(document);
  const root = document.contents;
  const lineEnd = text.includes("\r\n") ? "\r\n" : "\n";
  return {
    text,
    data: () => (isMap(root) ? dataOf(root) : {}),
    find: (path) => (isMap(root) ? find(text, locate<Node>(root, path, reader)) : undefined),
    put(path, literal) {
      if (!isMap(root)) return insertLines(text, text.length, blockLines(path, literal, { indent: "", lineEnd }));
      const located = locate<Node>(root, path, reader);
      if ("scalar" in located) return replace(text, located.scalar, { literal, lineEnd });
      refuseHiding(document, located, path);
      const parent = located.parent as YAMLMap<Node, Node | null>;
      return parent.flow === true
        ? insertInFlow(parent, flowText(located.missing, literal))
        : insertInBlock(text, parent, { path: located.missing, literal, lineEnd });
    },
    remove: (path) => remove(text, root, path),
  };
}

function find(text: string, located: Located<Node>): Scalar | undefined {
  if (!("scalar" in located)) return undefined;
  const { value, source } = asScalar(located.scalar);
  const [start, end] = rangeOf(located.scalar);
  const literal = text.slice(start, end);
  const isText = typeof value === "string";
  return {
    value: isText ? value : (source ?? String(value)),
    isText,
    literal: literal.includes("\n") ? undefined : literal,
  };
}

/** What an alias stands for is data of its anchor's place, so it is not looked into: a few lines of aliases can stand for more than any memory holds. */
function dataOf(node: Node | null): unknown {
  if (isMap<Node, Node | null>(node))
    return Object.fromEntries(node.items.map(({ key, value }) => [keyOf(key), dataOf(value)]));
  if (isSeq<Node>(node)) return node.items.map(dataOf);
  return isAlias(node) ? { alias: node.source } : scalarOf(node);
}

/** A tag is part of what a value says; a comment and the kind of quotes are not. */
function scalarOf(node: Node | null): unknown {
  if (!isScalar(node)) return null;
  return node.tag === undefined ? node.value : { tag: node.tag, value: node.value };
}

function readerOf(document: Document.Parsed): Reader<Node> {
  return { kindOf, childrenOf, guard: (node, pointer) => guard(document, node, pointer) };
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
