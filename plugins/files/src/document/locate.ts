import { invalid } from "../fault.ts";
import { formatPointer, type Path } from "./pointer.ts";

/** How to walk the nodes of a parsed document. */
export interface Reader<Node> {
  readonly kindOf: (node: Node) => "mapping" | "list" | "scalar";
  /** What stands under a name (twice, when it stands there twice) or at an index. */
  readonly childrenOf: (node: Node, step: string) => readonly Node[];
  /** Throws INVALID for a node that cannot be changed without changing another place. */
  readonly guard?: (node: Node, pointer: string) => void;
}

/** The scalar at a path, or the mapping from which on the path is missing. */
export type Located<Node> = { readonly scalar: Node } | { readonly parent: Node; readonly missing: Path };

/** Walks a path. Throws INVALID, naming the place, when it leads through or to something that must not be replaced by a text. */
export function locate<Node>(root: Node, path: Path, reader: Reader<Node>): Located<Node> {
  let node = root;
  for (const [depth, step] of path.entries()) {
    const here = formatPointer(path.slice(0, depth));
    const next = childOf(node, { step, here, reader });
    if (next === undefined) return { parent: node, missing: path.slice(depth) };
    reader.guard?.(next, `${here}/${step}`);
    node = next;
  }
  const kind = reader.kindOf(node);
  if (kind === "scalar") return { scalar: node };
  throw invalid(
    `there is a ${kind} at ${formatPointer(path)}, which a text would replace`,
    "name a key inside it, or remove it first",
  );
}

interface Step<Node> {
  readonly step: string;
  readonly here: string;
  readonly reader: Reader<Node>;
}

function childOf<Node>(node: Node, { step, here, reader }: Step<Node>): Node | undefined {
  const kind = reader.kindOf(node);
  if (kind === "scalar") {
    throw invalid(
      `there is a single value at ${here}, so nothing can be below it`,
      "correct the pointer, or replace the value by a mapping",
    );
  }
  const [child, second] = reader.childrenOf(node, step);
  if (second !== undefined) {
    throw invalid(
      `${here}/${step} stands twice in the document`,
      "remove one of the two: readers do not agree which one counts",
    );
  }
  if (child === undefined && kind === "list") {
    throw invalid(
      `the list at ${here || "the top"} has no element ${step}`,
      "name an element that exists, counted from 0",
    );
  }
  return child;
}
